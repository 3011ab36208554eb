/** Why something that was asked for is not done. */
export type RefusalCode =
  /** There is no such thing. */
  | 'not_found'
  /** A name that several bear. */
  | 'ambiguous'
  /** A value that cannot be. */
  | 'invalid'
  /** More than an ancestor has. */
  | 'above_ancestor'
  /** Not in the state that the thing is in: a retired consumer, a revoked key. */
  | 'wrong_state'
  /** Somebody else is at it. */
  | 'busy';

/** Refused on purpose, with a sentence for the operator; nothing was changed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
