import type { Route } from '#shared/catalog/catalog.ts';
import type { GatewayError } from '#shared/errors.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { PieceReader } from '#shared/protocol/piece.ts';
import type { UpstreamRequest } from '../upstream/send.ts';

/** A kind of upstream. */
export interface Backend {
  /**
   * Writes the upstream's request.
   *
   * @param outputCap the most output tokens that are granted to each choice; it always goes upstream.
   * @throws GatewayError when the call asks for what this backend cannot do.
   */
  request(call: Call, route: Route, outputCap: number): UpstreamRequest;
  /**
   * Reads the upstream's answer to this call into pieces.
   *
   * @param callId makes the ids of tool calls unique where the upstream gives none.
   */
  reader(call: Call, callId: string): PieceReader;
  /** What a caller is told of an answer that is no 200. */
  failure(status: number, body: string, retryAfterMs: number | undefined): GatewayError;
}
