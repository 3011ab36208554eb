import type { FailureForm } from '#shared/http/tell-failure.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { JsonDocument } from '#shared/protocol/json-document.ts';

/** A protocol that callers speak, at one path. */
export interface Surface extends FailureForm {
  stream: StreamForm;
  /** Reads a request. @throws GatewayError in words that this surface's callers understand. */
  readCall(document: JsonDocument): Call;
}

export interface StreamForm {
  headers: Record<string, string>;
  /** What shows a waiting caller that we live, and adds nothing to its answer. */
  keepAlive(model: string): string;
}
