import * as z from 'zod';

/** What model-pull says of a model in `/api/tags`, as far as it is shown. */
export const StoredModel = z.looseObject({
  name: z.string(),
  modified_at: z.string(),
  /** In bytes. */
  size: z.number(),
  digest: z.string(),
  details: z
    .looseObject({ parameter_size: z.string().nullish(), quantization_level: z.string().nullish() })
    .nullish(),
});
export type StoredModel = z.infer<typeof StoredModel>;
export const StoredModels = z.object({ models: z.array(StoredModel) });

/** `/api/show`, of which nearly everything is optional. */
export const ShownModel = z.looseObject({
  modelfile: z.string().nullish(),
  parameters: z.string().nullish(),
  template: z.string().nullish(),
  system: z.string().nullish(),
  license: z.string().nullish(),
  details: z
    .looseObject({
      format: z.string().nullish(),
      family: z.string().nullish(),
      parameter_size: z.string().nullish(),
      quantization_level: z.string().nullish(),
    })
    .nullish(),
  capabilities: z.array(z.string()).nullish(),
  modified_at: z.string().nullish(),
});
export type ShownModel = z.infer<typeof ShownModel>;

/** What `/gc` took away, or would. */
export const Collected = z.looseObject({
  removed: z.array(z.looseObject({ path: z.string(), bytes: z.number(), reason: z.string().nullish() })),
  bytes: z.number(),
});
export type Collected = z.infer<typeof Collected>;

/** A line of `/api/create`; the last says `success`, or what failed. */
export const ProgressLine = z.union([
  z.looseObject({ error: z.string() }),
  z.looseObject({ status: z.string() }),
]);
