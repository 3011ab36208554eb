/** What cannot or shall not be done, in words for the operator; nothing was changed by it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
