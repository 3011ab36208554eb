import { randomBytes } from 'node:crypto';
import { type Answer, dockerError, textAnswer } from './answer.ts';
import type { Access } from './shelf.ts';
import { signedText, verifiedKey } from './ssh-signature.ts';

const SKEW_S = 300;
/** 16 bytes as base64url without padding. */
const NONCE = /^[A-Za-z0-9_-]{22}$/;

interface Token {
  repository: string;
  usesLeft: number;
}

/** Gives tokens to those who sign for them, and knows them again. */
export class Tokens {
  readonly #tokens = new Map<string, Token>();
  readonly #nonces = new Set<string>();
  readonly #origin: string;
  readonly #service: string;
  readonly #uses: number;

  constructor(origin: string, service: string, uses: number) {
    this.#origin = origin;
    this.#service = service;
    this.#uses = uses;
  }

  /** The answer to a request for a token: 200, or 401 with what was wrong with it. */
  answer(url: string, authorization: string, accessOf: (repository: string) => Access | undefined): Answer {
    const query = new URL(url, this.#origin).searchParams;
    const problem = this.#problemOf(query);
    if (problem) return denied(problem);
    const [, repository = ''] = /^repository:([^:]+):pull$/.exec(query.get('scope') ?? '') ?? [];
    const access = accessOf(repository);
    if (!access) return denied(`no scope of ours: ${query.getAll('scope')}`);
    const verified = verifiedKey(authorization, signedText('GET', `${this.#origin}${url}`));
    if ('problem' in verified) return denied(verified.problem);
    this.#nonces.add(query.get('nonce')!);
    if (access.keys && !access.keys.includes(verified.key)) return denied('this key is not registered');
    const token = randomBytes(24).toString('base64url');
    this.#tokens.set(token, { repository, usesLeft: this.#uses });
    const headers = { 'content-type': 'application/json' };
    return { ...textAnswer(200, JSON.stringify({ token })), headers };
  }

  #problemOf(query: URLSearchParams): string | undefined {
    const names = [...query.keys()];
    const nonce = query.get('nonce') ?? '';
    if (names.some((name, at) => at > 0 && names[at - 1]! > name)) return 'the query is not sorted';
    if (query.get('service') !== this.#service) return `no service of ours: ${query.get('service')}`;
    if (!(Math.abs(Number(query.get('ts')) - Date.now() / 1000) <= SKEW_S)) return 'ts is not now';
    if (!NONCE.test(nonce)) return 'no nonce of 16 bytes';
    return this.#nonces.has(nonce) ? 'the nonce was used before' : undefined;
  }

  /** Whether a request may read this repository; it counts as a use. */
  admits(authorization: string, repository: string): boolean {
    const [, name = ''] = /^Bearer ([A-Za-z0-9_-]+)$/.exec(authorization) ?? [];
    const token = this.#tokens.get(name);
    if (token?.repository !== repository || token.usesLeft < 1) return false;
    token.usesLeft -= 1;
    return true;
  }

  /** All that were given so far are good for nothing. */
  expireAll(): void {
    this.#tokens.clear();
  }

  /** The 401 that sends the client here, or wherever the rules of the model say. */
  challenge({ challenge, realm = `${this.#origin}/token` }: Access, repository: string): Answer {
    const scope = `repository:${repository}:pull`;
    const right = `Bearer realm="${realm}",service="${this.#service}",scope="${scope}"`;
    const header = challenge ?? right;
    return dockerError('UNAUTHORIZED', header === '' ? {} : { 'www-authenticate': header });
  }
}

const denied = (problem: string) => dockerError('UNAUTHORIZED', {}, problem);
