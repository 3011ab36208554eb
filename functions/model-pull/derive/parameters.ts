import * as z from 'zod';

const integer = z.int32();
const float = z.number();
const words = z.union([z.array(z.string()), z.string().transform((word) => [word])]);

/** Ollama's options by name and type (reference: ollama/api/types.go `Options` and `Runner`). */
export const Parameters = z.strictObject(
  optional({
    num_ctx: integer.min(1),
    num_batch: integer.min(1),
    num_gpu: integer,
    main_gpu: integer,
    use_mmap: z.boolean(),
    num_thread: integer,
    draft_num_predict: integer,
    num_keep: integer,
    seed: integer,
    num_predict: integer,
    top_k: integer,
    top_p: float,
    min_p: float,
    typical_p: float,
    repeat_last_n: integer,
    temperature: float,
    repeat_penalty: float,
    presence_penalty: float,
    frequency_penalty: float,
    stop: words,
  }),
);
export type Parameters = z.infer<typeof Parameters>;

function optional<T extends Record<string, z.ZodType>>(types: T) {
  const entries = Object.entries(types).map(([name, type]) => [name, type.optional()]);
  return Object.fromEntries(entries) as { [Name in keyof T]: z.ZodOptional<T[Name]> };
}
