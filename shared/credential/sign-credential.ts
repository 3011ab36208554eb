import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { firstSecret } from './internal-secret.ts';

/** Which function a credential is for: what is shown to one is worth nothing at another. */
export type Audience = 'ollama-proxy' | 'model-pull' | 'console';

export interface Demand {
  audience: Audience;
  /** Who asks, for the log over there: `router`, `key 7`, `operator`. */
  subject: string;
  method: string;
  /** Without its query. */
  path: string;
  /**
   * For what may be done twice and is to be done later: Function Compute keeps an invocation for up to a day, and then
   * delivers it at least once, and again when it failed.
   */
  isLasting?: boolean;
}

/** There may be a cold start between signing and reading; one on a GPU, with its image and the models to load, takes minutes. */
export const LIFE_SECONDS = {
  'ollama-proxy': 600,
  'model-pull': 120,
  console: 120,
} as const satisfies Record<Audience, number>;

/** A day in the queue, and a day's run that breaks off and is begun once more. */
export const LASTING_SECONDS = 2 * 24 * 3600 + 600;

/**
 * What stands after `Bearer` in a request to a function of ours: a JWT (HS256) of this one request, by the secret that
 * both sides have (of several the first). Whoever picks one up can at most repeat that request, for some minutes, at an instance that has not seen it.
 */
export function signCredential(secret: string, demand: Demand, nowMs = Date.now()): Promise<string> {
  const nowSeconds = Math.floor(nowMs / 1000);
  const lifeSeconds = demand.isLasting ? LASTING_SECONDS : LIFE_SECONDS[demand.audience];
  return new SignJWT({ htm: demand.method, htu: demand.path, ...(demand.isLasting && { lasting: true }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('sublet')
    .setAudience(demand.audience)
    .setSubject(demand.subject)
    .setJti(randomUUID())
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + lifeSeconds)
    .sign(new TextEncoder().encode(firstSecret(secret)));
}
