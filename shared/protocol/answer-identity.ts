/** What all chunks of one answer share. */
export interface AnswerIdentity {
  /** Hex digits that no other answer has; each surface puts its own prefix before them. */
  id: string;
  createdAtSeconds: number;
  /** The public name of the model. */
  model: string;
}
