import * as z from 'zod';

/** Forms of values that FC and its neighbours decide. Their messages say what is wrong and never what was given. */
export const form = (pattern: RegExp, what: string) => z.string().regex(pattern, `must be ${what}`);

/** A whole number from `least` to `most`. */
export const count = (least: number, most: number) =>
  z.string().refine((given) => /^\d+$/.test(given) && Number(given) >= least && Number(given) <= most, {
    error: `must be a whole number from ${least} to ${most}`,
  });

export const oneOf = (...words: [string, ...string[]]) =>
  z.enum(words, { error: `must be ${words.join(' or ')}` });

/** Of an id that the cloud has made up, such as `vpc-bp1…`. */
export const id = (prefix: string) =>
  form(new RegExp(`^${prefix}-[a-z0-9]{6,40}$`), `an id such as ${prefix}-bp1…`);

export const text = form(/^[^\p{Cc}]+$/u, 'one line');

/** FC takes 4 KB of variables a function; one that is a list may have so much of it. */
export const atMost = <Schema extends z.ZodType>(schema: Schema, bytes: number) =>
  z
    .string()
    .refine(
      (given) => Buffer.byteLength(given) <= bytes,
      `must have at most ${bytes} bytes; Function Compute takes 4096 of all variables of a function`,
    )
    .pipe(schema as unknown as z.ZodType<unknown, string>);

/** Where a function is asked, without what an address should not carry. `path` is all that may follow the host. */
export const address = (path: string, protocols = /^https?:$/) =>
  z.string().refine(
    (given) => {
      if (!URL.canParse(given) || given.endsWith('?') || given.endsWith('#')) return false;
      const { protocol, username, password, pathname, search, hash } = new URL(given);
      const isBare = `${username}${password}${search}${hash}` === '';
      return protocols.test(protocol) && isBare && (path === '' ? pathname === '/' : pathname === path);
    },
    path === '' ? 'must be scheme and host alone' : `must be scheme and host, and ${path} after them`,
  );

/** As `address`, without the slash after the host. */
export const origin = address('', /^https:$/).refine((given) => !given.endsWith('/'), {
  error: 'must not end with a slash',
});

/**
 * `postgres://user:password@host:port/database`, with what is special percent-encoded: an @ or a / of a password
 * that is not would be read as the end of it.
 */
export const databaseUrl = z.string().refine(isDatabaseUrl, {
  error: 'must be postgres://user:password@host:port/database, with what is special percent-encoded',
});

function isDatabaseUrl(given: string): boolean {
  if (!/^postgres(ql)?:\/\/[^@/?#]+@[^@/?#]+\/[^/?#]+(\?[^#]*)?$/.test(given) || !URL.canParse(given))
    return false;
  const { username, password, hostname } = new URL(given);
  return hostname !== '' && [username, password].every((part) => part !== '' && isEncoded(part));
}

function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** A host's name, as for a custom domain. */
export const hostName = form(/^(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z]{2,}$/, 'a host name in lower case');

/** An image in a registry, by a tag of its own: `latest` is whatever was pushed last. */
export const image = form(
  /^[^\s/]+(\/[^\s/:@]+)+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/,
  'registry/namespace/name and a tag other than latest',
);

/** The tool changes upper case to lower. */
export const role = form(
  /^acs:ram::\d+:role\/[a-z0-9.@_-]+$/,
  'acs:ram::<account>:role/<name>, in lower case',
);

export const bucket = form(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'the name of a bucket');
