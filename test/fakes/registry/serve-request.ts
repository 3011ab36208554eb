import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, redirectAnswer, textAnswer } from './answer.ts';
import { rangeOf } from './byte-range.ts';
import { cdnAnswer } from './cdn-answers.ts';
import type { Fault } from './faults.ts';
import { planOf, spoilt } from './plan.ts';
import type { RequestRecord } from './records.ts';
import { registryAnswer } from './registry-answers.ts';
import type { RegistryState } from './registry-state.ts';
import { cut, send, whileThere } from './send.ts';
import { type Wish, wishOf } from './wish.ts';

/**
 * Takes one request from its head to its end, and keeps the record of it. What throws here is a mistake of the fake or
 * of a test's script; nobody catches it on purpose, since that turns the test run red.
 */
export async function serveRequest(
  state: RegistryState,
  server: 'registry' | 'cdn',
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { records, links } = state;
  const record = records.open(server, request, response);
  response.on('error', () => {}); // a write to a client that has gone; `close` tells of it
  const wish = server === 'registry' ? wishOf(record.url) : undefined;
  understand(state, record, wish);
  const struck = state.faults.filter((planned) => planned.strikes(record));
  const hits = struck.flatMap(({ faults, released }) => faults.map((fault) => ({ fault, released })));
  record.faults = hits.map(({ fault }) => fault);
  records.understood(record);

  const silence = hits.find(({ fault }) => fault.kind === 'silence');
  if (silence) await whileThere(response, (done) => silence.released.then(done));
  if (response.closed) return;
  if (record.faults.some(({ kind }) => kind === 'refuse'))
    return cut({ record }, () => request.socket.destroy());
  const right = () => (server === 'cdn' ? cdnAnswer(state, request) : registryAnswer(state, request, wish));
  const answer = instead(record) ?? right();
  if (record.faults.some(({ kind }) => kind === 'expire-link')) links.expire(record.url);
  const plan = hits.reduce((plan, { fault, released }) => spoilt(plan, fault, released), planOf(answer));
  record.status = plan.status;
  records.changed();
  await send({ request, response, record, onProgress: () => records.changed() }, plan);
}

/** Fills in what the request wants. */
function understand({ shelf }: RegistryState, record: RequestRecord, wish: Wish | undefined): void {
  const isHead = record.method === 'HEAD';
  if (wish?.of === 'token') record.asked = 'token';
  if (wish?.of === 'manifest') {
    Object.assign(record, { asked: 'manifest', model: `${wish.repository}:${wish.tag}` });
  }
  if (wish?.of === 'blob') {
    const get = shelf.deliveryOf(wish.digest).by === 'cdn' ? 'link' : 'data';
    Object.assign(record, { asked: isHead ? 'size' : get, model: wish.repository, digest: wish.digest });
  }
  if (record.server === 'cdn') {
    const [, hex] = /\/([0-9a-f]{64})\/data\?/.exec(record.url) ?? [];
    Object.assign(record, { asked: isHead ? 'size' : 'data', digest: hex && `sha256:${hex}` });
  }
  const size = shelf.blobs.get(record.digest ?? '')?.size;
  if (size !== undefined) record.range = rangeOf(record.headers.range, size) ?? { start: 0, end: size };
}

/** The answer that a fault gives in place of the right one. */
function instead({ faults, url, server }: RequestRecord): Answer | undefined {
  const fault = faults.find(({ kind }) => ['status', 'redirect', 'redirect-loop'].includes(kind));
  return fault && answerOf(fault, url, server);
}

function answerOf(fault: Fault, url: string, server: 'registry' | 'cdn'): Answer | undefined {
  switch (fault.kind) {
    case 'status': {
      const { headers, ...answer } = textAnswer(fault.status, fault.body ?? `${server}: ${fault.status}\n`);
      return { ...answer, headers: { ...headers, ...fault.headers } };
    }
    case 'redirect': {
      const { headers, ...answer } = redirectAnswer(fault.status ?? 307, fault.to ?? '');
      return { ...answer, headers: fault.to === undefined ? {} : headers };
    }
    case 'redirect-loop': {
      const next = new URL(url, 'http://here');
      next.searchParams.set('again', String(Number(next.searchParams.get('again')) + 1));
      return redirectAnswer(fault.status ?? 307, `${next.pathname}${next.search}`);
    }
    default:
      return undefined;
  }
}
