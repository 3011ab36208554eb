import type { GatewayError } from '#shared/errors.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { PieceReader } from '#shared/protocol/piece.ts';
import type { Model, Target } from '../catalog/catalog.ts';
import type { Protocol, Surface } from '../surfaces/surface.ts';
import type { UpstreamRequest } from '../upstream/send.ts';

/** A kind of upstream. */
export interface Backend {
  protocol: Protocol;
  /** Writes the upstream's request. @throws GatewayError when the call asks for what this backend cannot do. */
  request(call: Call, model: Model, target: Target, surface: Surface): UpstreamRequest;
  /** Reads the upstream's answer. `callId` is unique to the call. */
  reader(callId: string): PieceReader;
  /** What a caller is told of an answer that is no 200. */
  failure(status: number, body: string, retryAfterMs: number | undefined): GatewayError;
}
