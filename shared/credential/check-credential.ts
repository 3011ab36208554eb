import type { IncomingMessage } from 'node:http';
import { jwtVerify } from 'jose';
import * as z from 'zod';
import { GatewayError } from '../errors.ts';
import { secretsIn } from './internal-secret.ts';
import { type Audience, LASTING_SECONDS, LIFE_SECONDS } from './sign-credential.ts';

/** How far two machines' clocks may be apart. */
const CLOCK_SKEW_SECONDS = 30;

/** More than any instance is asked in the life of a credential; the oldest are forgotten first. */
const MOST_REMEMBERED = 100_000;

const Claims = z.object({
  sub: z.string().min(1),
  jti: z.string().min(1).max(100),
  htm: z.string(),
  htu: z.string(),
  iat: z.number(),
  exp: z.number(),
  lasting: z.literal(true).optional(),
});
type Claims = z.infer<typeof Claims>;

export interface Shown {
  authorization: string | undefined;
  method: string;
  /** Without its query. */
  path: string;
}

/** What a request shows, by its path as it was sent, and signed: Hono takes escapes out of its own. */
export const shownBy = ({ headers, method = '', url = '' }: IncomingMessage): Shown => ({
  authorization: headers.authorization,
  method,
  path: url.split('?', 1)[0]!,
});

/** Tells whether a request is one that a function of ours has signed, and lets each through once. */
export class CredentialCheck {
  readonly #secrets: readonly Uint8Array[];
  readonly #audience: Audience;
  /** Ids of what was shown, with the time (ms) from which they need not be known any more. */
  readonly #seen = new Map<string, number>();

  constructor(secret: string, audience: Audience) {
    this.#secrets = secretsIn(secret).map((each) => new TextEncoder().encode(each));
    this.#audience = audience;
  }

  /**
   * @returns who asks.
   * @throws GatewayError `invalid_api_key` for anything else than a fresh credential of exactly this request.
   */
  async subject({ authorization, method, path }: Shown, nowMs = Date.now()): Promise<string> {
    const [, token] = /^Bearer ([\w.-]+)$/.exec(authorization ?? '') ?? [];
    if (!token) throw refused();
    const claims = await this.#claims(token, nowMs);
    if (claims.htm !== method || claims.htu !== path || this.#isTooLong(claims)) throw refused();
    // What only reads may come twice: Function Compute itself repeats a GET that broke (reference: fc-docs 08/062).
    const isRepeatable = method === 'GET' || method === 'HEAD' || claims.lasting;
    if (!isRepeatable) this.#remember(claims.jti, nowMs);
    return claims.sub;
  }

  /** By any of the secrets. Why the last of them did not do is the cause. */
  async #claims(token: string, nowMs: number): Promise<Claims> {
    let cause: unknown;
    for (const secret of this.#secrets) {
      try {
        return await this.#claimsBy(secret, token, nowMs);
      } catch (error) {
        cause = error;
      }
    }
    throw refused(cause);
  }

  async #claimsBy(secret: Uint8Array, token: string, nowMs: number): Promise<Claims> {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ['HS256'],
      issuer: 'sublet',
      audience: this.#audience,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['exp', 'iat'],
      maxTokenAge: LASTING_SECONDS,
      currentDate: new Date(nowMs),
    });
    return Claims.parse(payload);
  }

  /** Whoever has the secret could sign for longer, but does not. */
  #isTooLong({ iat, exp, lasting }: Claims): boolean {
    return exp - iat > (lasting ? LASTING_SECONDS : LIFE_SECONDS[this.#audience]);
  }

  #remember(id: string, nowMs: number): void {
    const freshUntilMs = this.#seen.get(id);
    if (freshUntilMs !== undefined && freshUntilMs > nowMs) throw refused();
    // In the order of their coming, so the first ones are over first.
    for (const [old, untilMs] of this.#seen) {
      if (untilMs > nowMs && this.#seen.size < MOST_REMEMBERED) break;
      this.#seen.delete(old);
    }
    this.#seen.set(id, nowMs + (LIFE_SECONDS[this.#audience] + 2 * CLOCK_SKEW_SECONDS) * 1000);
  }
}

const refused = (cause?: unknown) =>
  new GatewayError('invalid_api_key', 'This function answers to the gateway alone.', { cause });
