import * as z from 'zod';
import { JsonText } from '#shared/config.ts';

/** A part of object storage whose images the operator lets callers show to models. */
export interface ImageBucket {
  name: string;
  /** Such as `cn-hangzhou`. */
  region: string;
  /** Where it is read; a place inside the VPC costs no traffic. */
  endpoint: string;
  /** Keys of images begin with one of these. */
  prefixes: readonly string[];
  /** The hosts by which callers name it. */
  hosts: ReadonlySet<string>;
}

/** The last label begins with a letter, so no IP address is one. */
const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const Bucket = z
  .strictObject({
    bucket: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
    region: z.string().regex(/^[a-z]{2,}-[a-z0-9-]+$/, 'must be a region such as cn-hangzhou'),
    prefixes: z.array(z.string().regex(/^[^/].*\/$/s, 'must end in a slash and not begin with one')).min(1),
    domains: z.array(z.string().regex(HOST_NAME, 'must be a host name in lower case')).default([]),
    endpoint: z.url({ protocol: /^https?$/, error: 'must be an http(s):// address' }).optional(),
  })
  .transform(
    ({ bucket, region, prefixes, domains, endpoint }): ImageBucket => ({
      name: bucket,
      region,
      prefixes,
      endpoint: endpoint ?? `https://oss-${region}.aliyuncs.com`,
      hosts: new Set([
        `${bucket}.oss-${region}.aliyuncs.com`,
        `${bucket}.oss-${region}-internal.aliyuncs.com`,
        ...domains,
      ]),
    }),
  );

/** The setting: a JSON list of buckets. */
export const ImageBuckets = JsonText.pipe(z.array(Bucket));
