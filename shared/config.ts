import * as z from 'zod';

/** Thrown when the environment is not what a function needs; names every problem, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads settings from the environment, all problems reported together.
 *
 * An empty variable counts as absent: s.yaml writes `${env('X', '')}` for what was left out.
 */
export function readConfig<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`The configuration is not right:\n${problems.join('\n')}`);
}

/** A setting whose text is JSON, for a schema of what it says to follow by `.pipe`. */
export const JsonText = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue('must be JSON');
    return z.NEVER;
  }
});

/** Settings that every function has; FC itself says which port (reference: fc-docs 04/047). */
export const FunctionConfig = {
  /** All addresses, as FC demands; on one machine, loopback alone. */
  LISTEN_ADDRESS: z.string().default('0.0.0.0'),
  FC_CUSTOM_LISTEN_PORT: z.coerce.number().int().min(1).max(65_535).default(9000),
  /** How long a stopping process waits for the calls in flight. */
  DRAIN_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
  /** FC takes 32 MB at most; lower it where prompts are known to be small. */
  BODY_LIMIT_BYTES: z.coerce.number().int().positive().max(33_554_432).default(33_554_432),
  /** Deeper nesting than any honest request has; a guard for everything that walks the value. */
  JSON_DEPTH_LIMIT: z.coerce.number().int().positive().default(64),
};
