import * as z from 'zod';
import { JsonText } from '#shared/config.ts';

/** A part of object storage in which the operator keeps models. */
export interface ModelBucket {
  name: string;
  /** Such as `cn-hangzhou`. */
  region: string;
  /** Where it is asked; a place inside the VPC costs no traffic. */
  endpoint: string;
  /** All keys begin with it: empty, or it ends in a slash. */
  prefix: string;
  /** `mirror`: models as a registry has them, kept by us. `gguf`: plain files that requests may name. */
  use: readonly ('mirror' | 'gguf')[];
}

/** Of keys and their beginnings: what URLs would change on the way, or nobody can read. */
export const NEVER_IN_KEYS = /[\u0000-\u001f\u007f\\]|(?:^|\/)\.{0,2}\//;

const Bucket = z
  .strictObject({
    bucket: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
    region: z.string().regex(/^[a-z]{2,}-[a-z0-9-]+$/, 'must be a region such as cn-hangzhou'),
    prefix: z
      .string()
      .max(500)
      .regex(/^(?:.*\/)?$/s, 'must be empty or end in a slash')
      .refine((prefix) => prefix.isWellFormed() && !NEVER_IN_KEYS.test(prefix), 'must be a plain path'),
    endpoint: z.url({ protocol: /^https?$/, error: 'must be an http(s):// address' }).optional(),
    use: z.array(z.enum(['mirror', 'gguf'])).min(1),
  })
  .transform(
    ({ bucket, region, prefix, endpoint, use }): ModelBucket => ({
      name: bucket,
      region,
      prefix,
      endpoint: endpoint ?? `https://oss-${region}.aliyuncs.com`,
      use,
    }),
  );

/** The setting: a JSON list of buckets, of which one at most is the mirror. */
export const ModelBuckets = JsonText.pipe(z.array(Bucket)).refine(
  (buckets) => buckets.filter(({ use }) => use.includes('mirror')).length <= 1,
  'only one bucket can be the mirror',
);

export const mirrorOf = (buckets: readonly ModelBucket[]): ModelBucket | undefined =>
  buckets.find(({ use }) => use.includes('mirror'));
