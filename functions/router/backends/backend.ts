import type { GatewayError } from '#shared/errors.ts';
import type { AnswerIdentity } from '#shared/protocol/answer-identity.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { Measuring, Passage } from '#shared/protocol/passage.ts';
import type { Route } from '../catalog/catalog.ts';
import type { Surface } from '../surfaces/surface.ts';
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
  /** The way of the upstream's answer to the caller: passed through, or translated. */
  passage(surface: Surface, call: Call, identity: AnswerIdentity, measuring: Measuring): Passage;
  /** What a caller is told of an answer that is no 200. */
  failure(status: number, body: string, retryAfterMs: number | undefined): GatewayError;
}
