import type { IncomingMessage } from 'node:http';
import { DIGEST } from '#shared/protocol/registry/digest.ts';
import { MANIFEST_TYPE } from '#shared/protocol/registry/manifest.ts';
import { type Answer, dockerError, redirectAnswer, textAnswer } from './answer.ts';
import { rangedAnswer } from './byte-range.ts';
import type { RegistryState } from './registry-state.ts';
import { isAtLeast, NEWER_NEEDED } from './user-agent.ts';
import type { Wish } from './wish.ts';

/** Where a redirect to the registry itself is known by. */
const SECOND_HOP = 'hop=2';

/** What the registry says to a request that nothing is to go wrong with. */
export function registryAnswer(
  state: RegistryState,
  request: IncomingMessage,
  wish: Wish | undefined,
): Answer {
  const { authorization = '' } = request.headers;
  if (!wish) return textAnswer(404, '404 page not found\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') return dockerError('UNSUPPORTED');
  switch (wish.of) {
    case 'version':
      return { ...textAnswer(200, '{}'), headers: { 'docker-distribution-api-version': 'registry/2.0' } };
    case 'token':
      return state.tokens.answer(request.url ?? '', authorization, (name) => state.shelf.accessOf(name));
    case 'manifest':
      return manifestAnswer(state, request, wish);
    case 'blob':
      return blobAnswer(state, request, wish);
  }
}

function manifestAnswer(
  state: RegistryState,
  { headers }: IncomingMessage,
  { repository, tag }: Wish & { of: 'manifest' },
): Answer {
  const { accept = '', 'user-agent': userAgent = '' } = headers;
  // Without it the registry means the manifest of old, which models do not have (ollama/ollama#769).
  if (!accept.split(/\s*,\s*/).includes(MANIFEST_TYPE)) return dockerError('MANIFEST_INVALID');
  const model = state.shelf.models.get(`${repository}:${tag}`);
  if (!model) return dockerError('MANIFEST_UNKNOWN');
  const challenge = challengeFor(state, headers.authorization, repository);
  if (challenge) return challenge;
  if (!isAtLeast(userAgent, model.requires ?? '0.0.0')) return textAnswer(412, NEWER_NEEDED);
  return { status: 200, headers: { 'content-type': model.contentType! }, content: model.manifest };
}

function blobAnswer(
  state: RegistryState,
  { method = '', headers, url = '' }: IncomingMessage,
  { repository, digest }: Wish & { of: 'blob' },
): Answer {
  const { shelf, links, cdnOrigin } = state;
  if (!DIGEST.test(digest)) return dockerError('DIGEST_INVALID');
  const content = shelf.hasRepository(repository) ? shelf.blobs.get(digest) : undefined;
  if (!content) return dockerError('BLOB_UNKNOWN');
  const challenge = challengeFor(state, headers.authorization, repository);
  if (challenge) return challenge;
  const { by, status, sameHostFirst, sizeByCdn, linkUses } = shelf.deliveryOf(digest);
  if (method === 'HEAD' && !sizeByCdn) return rangedAnswer(content, undefined);
  if (sameHostFirst && !url.endsWith(SECOND_HOP)) {
    return redirectAnswer(status, `/v2/${repository}/blobs/${digest}?${SECOND_HOP}`);
  }
  if (by === 'direct') return rangedAnswer(content, headers.range);
  return redirectAnswer(status, `${cdnOrigin}${links.sign(digest, method, linkUses)}`);
}

function challengeFor({ shelf, tokens }: RegistryState, authorization = '', repository: string) {
  const access = shelf.accessOf(repository);
  const isLetIn = !access || tokens.admits(authorization, repository);
  return isLetIn ? undefined : tokens.challenge(access, repository);
}
