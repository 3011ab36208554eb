/** What all chunks of one answer share. */
export interface AnswerIdentity {
  /** Hex digits that no other answer has; each surface puts its own prefix before them. */
  id: string;
  createdAtSeconds: number;
  /** The public name of the model. */
  model: string;
}

/** The identity of the answer to the request with this id. */
export const answerIdentity = (requestId: string, model: string, nowMs: number): AnswerIdentity => ({
  id: requestId.slice('req_'.length),
  createdAtSeconds: Math.floor(nowMs / 1000),
  model,
});
