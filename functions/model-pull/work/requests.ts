import * as z from 'zod';
import { Parameters } from '../derive/parameters.ts';

const Name = z.string().max(700);
const Text = z.string().max(1_000_000);

/** What goes with a plain GGUF, which brings nothing but itself. */
const Additions = {
  template: Text.nullish(),
  system: Text.nullish(),
  parameters: Parameters.nullish(),
};

/** `registry`, the `mirror`, or a plain GGUF in a bucket of the operator's. */
const SourceName = z.union([
  z.enum(['registry', 'mirror']),
  z.string().regex(/^oss:\/\/[^/]+\/.+/s, 'must be registry, mirror or oss://bucket/key'),
]);

/** What Ollama's clients send, and ours besides. `insecure` is read so that it can be refused. */
export const PullRequest = z.looseObject({
  model: Name.nullish(),
  /** What it was called once. */
  name: Name.nullish(),
  insecure: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  source: SourceName.nullish(),
  ...Additions,
});
export type PullRequest = z.infer<typeof PullRequest>;

/** A pull as its job keeps it. */
export const PullWish = z.strictObject({ source: SourceName, ...Additions });
export type PullWish = z.infer<typeof PullWish>;
