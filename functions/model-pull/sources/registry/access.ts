import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import type { Outbound } from '../net/outbound.ts';
import { readChallenge } from './challenge.ts';
import { challengeAddress } from './challenge-address.ts';
import { refusalOf } from './refusal.ts';
import type { SigningKey } from './signing-key.ts';
import { smallBody } from './small-body.ts';

const LIMIT_BYTES = 64 * 1024;

/** What may stand in a header. */
const Text = z.string().regex(/^[\x21-\x7e]{1,16384}$/);
const Reply = z.union([
  z.object({ token: Text }).transform(({ token }) => token),
  z.object({ access_token: Text }).transform(({ access_token }) => access_token),
]);

/** The right to read one repository of a registry: none until it is asked for, as most models are public. */
export class Access {
  readonly #registry: string;
  readonly #outbound: Outbound;
  readonly #key: SigningKey;
  readonly #timeoutMs: number;
  #token: string | undefined;
  #renewal: Promise<string> | undefined;

  /** @param registry its origin. */
  constructor(registry: string, outbound: Outbound, key: SigningKey, timeoutMs: number) {
    this.#registry = registry;
    this.#outbound = outbound;
    this.#key = key;
    this.#timeoutMs = timeoutMs;
  }

  get token(): string | undefined {
    return this.#token;
  }

  /**
   * A token after a 401 to a request with `refused`. Parts of a blob that are refused together share one.
   *
   * @throws GatewayError as `readChallenge` and `Outbound.request`.
   */
  async renew(
    refused: string | undefined,
    challenge: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    if (this.#token !== undefined && this.#token !== refused) return this.#token;
    this.#renewal ??= this.#ask(challenge, signal).finally(() => {
      this.#renewal = undefined;
    });
    this.#token = await this.#renewal;
    return this.#token;
  }

  async #ask(challenge: string | undefined, signal: AbortSignal): Promise<string> {
    const nonce = randomBytes(16).toString('base64url');
    const url = challengeAddress(readChallenge(challenge, this.#registry), nonce, Date.now());
    const headers = { authorization: await this.#key.authorizationFor(url), accept: 'application/json' };
    const limits = { signal, timeoutMs: this.#timeoutMs };
    // A redirect is not followed: the proof is for this address and no other.
    const answer = await this.#outbound.request(url, { method: 'GET', headers, ...limits });
    if (answer.statusCode !== 200) throw await refusalOf(answer, 'unauthorized: token', limits);
    const body = await smallBody(answer, { limitBytes: LIMIT_BYTES, ...limits });
    return tokenIn(body.toString('utf8'));
  }
}

function tokenIn(text: string): string {
  try {
    return Reply.parse(JSON.parse(text));
  } catch (cause) {
    throw new GatewayError('upstream_error', 'unauthorized: the registry gives no token.', { cause });
  }
}
