import type { FailureForm } from '#shared/http/tell-failure.ts';
import type { AnswerIdentity } from '#shared/protocol/answer-identity.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { JsonDocument } from '#shared/protocol/json-document.ts';
import type { Measuring, Passage } from '#shared/protocol/passage.ts';
import type { PieceReader } from '#shared/protocol/piece.ts';

/** A protocol that callers speak. */
export interface Surface extends FailureForm {
  /** The heads and signs of life of a stream. */
  stream: { headers: Record<string, string>; keepAlive: string };
  /** Reads a request. @throws GatewayError in words that this surface's callers understand. */
  readCall(document: JsonDocument): Call;
  /** The answer of an upstream that speaks the same protocol: its bytes pass through. */
  pass(call: Call, measuring: Measuring): Passage;
  /** The answer of any other upstream: its pieces, written in this protocol. */
  translate(call: Call, identity: AnswerIdentity, reader: PieceReader, measuring: Measuring): Passage;
}
