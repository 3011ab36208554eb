import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { openExchange } from '#shared/http/exchange.ts';
import { PassedStream } from '#shared/protocol/openai/pass-stream.ts';
import type { Ending, Passage } from '#shared/protocol/passage.ts';
import { type RelayOptions, relay } from './relay.ts';

const FOREVER_MS = 600_000;
const chunk = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

/** A caller and an upstream with a relay between them, all over sockets; the test plays both ends. */
async function aRelay(
  options: Partial<RelayOptions> = {},
  passage: Passage = new PassedStream({ streamUsage: false, choices: 1 }, aMeasuring()),
) {
  const upstream = gate<import('node:http').ServerResponse>();
  const upstreamUrl = await listen((_incoming, outgoing) => {
    outgoing.writeHead(200).flushHeaders();
    upstream.open(outgoing);
  });
  const settled = gate<void>();
  const ended = gate<Ending>();
  const frontUrl = await listen(async (incoming, outgoing) => {
    const exchange = openExchange(incoming, outgoing);
    const reply = await getReply(upstreamUrl);
    const ending = await relay(reply, passage, exchange, {
      deadlines: deadlinesIn(FOREVER_MS, FOREVER_MS),
      idleTimeoutMs: FOREVER_MS,
      callerReadTimeoutMs: FOREVER_MS,
      gone: new AbortController().signal,
      onBegun: () => {},
      onBytes: () => outgoing.headersSent || outgoing.writeHead(200),
      ...options,
    });
    ended.open(ending);
    await settled.opened;
    outgoing.end(ending.kind === 'finished' ? ending.held : 'failed');
  });
  const caller = getReply(frontUrl);
  caller.catch(() => {}); // a test may be over before its caller was answered
  return { upstream: await upstream.opened, caller, ended: ended.opened, settle: () => settled.open() };
}

describe('a relayed stream', () => {
  it('reaches the caller while the upstream still speaks', async () => {
    const { upstream, caller } = await aRelay();
    upstream.write(chunk('one'));
    const [bytes] = (await once(await caller, 'data')) as [Buffer];
    expect(bytes.toString()).toBe(chunk('one'));
  });

  it('shows its end only after it was settled', async () => {
    const { upstream, caller, ended, settle } = await aRelay();
    const seen = collect(await firstByte(upstream, caller));
    upstream.end(`${chunk('', 'stop')}data: [DONE]\n\n`);
    expect((await ended).kind).toBe('finished');
    expect(seen.text).toBe(chunk('one'));
    settle();
    await seen.end;
    expect(seen.text).toBe(`${chunk('one')}${chunk('', 'stop')}data: [DONE]\n\n`);
  });

  it('leaves the upstream at once when the caller hangs up', async () => {
    const { upstream, caller, ended } = await aRelay();
    const reply = await firstByte(upstream, caller);
    reply.destroy();
    await once(upstream, 'close');
    expect(upstream.writableFinished).toBe(false);
    expect(await ended).toMatchObject({ kind: 'failed', error: { failure: 'caller_gone' } });
  });

  it('is read from the upstream no faster than the caller reads', async () => {
    const { upstream, caller } = await aRelay();
    const reply = await firstByte(upstream, caller);
    reply.pause();
    const piece = chunk('x'.repeat(64 * 1024));
    let written = 0;
    // Sockets hold some; that the upstream is ever told to stop shows that we do not gather the rest.
    while (upstream.write(piece) && written < 4096) {
      written += 1;
      await new Promise(setImmediate);
    }
    expect(written).toBeLessThan(4096);
    const drained = once(upstream, 'drain');
    reply.resume();
    await drained;
  });

  it('fails when the upstream breaks off, with what came before already sent', async () => {
    const { upstream, caller, ended } = await aRelay();
    await firstByte(upstream, caller);
    upstream.destroy();
    expect(await ended).toMatchObject({ error: { failure: 'upstream_error', shouldRetry: false } });
  });
});

describe('a passage that throws', () => {
  it('fails its own call and no other', async () => {
    const broken = new PassedStream({ streamUsage: false, choices: 1 }, aMeasuring());
    broken.read = () => {
      throw new TypeError('a mistake of ours');
    };
    const { upstream, ended } = await aRelay({}, broken);
    upstream.write(chunk('one'));
    expect(await ended).toMatchObject({ kind: 'failed', error: { failure: 'internal_error' } });
  });
});

describe('the time-outs of a relayed stream', () => {
  it('end one that does not begin', async () => {
    const { ended } = await aRelay({ deadlines: deadlinesIn(1, FOREVER_MS) });
    expect(await ended).toMatchObject({ error: { failure: 'upstream_timeout', shouldRetry: undefined } });
  });

  it('end one that falls silent, and SDKs are told not to begin again', async () => {
    const { upstream, ended } = await aRelay({ idleTimeoutMs: 1 });
    upstream.write(chunk('one'));
    expect(await ended).toMatchObject({ error: { failure: 'upstream_timeout', shouldRetry: false } });
  });

  it('end one that goes on for ever', async () => {
    const { ended } = await aRelay({ deadlines: deadlinesIn(FOREVER_MS, 1) });
    expect(await ended).toMatchObject({ error: { failure: 'upstream_timeout' } });
  });

  it('end one whose caller does not read', async () => {
    const { upstream, caller, ended } = await aRelay({ callerReadTimeoutMs: 1, idleTimeoutMs: FOREVER_MS });
    (await firstByte(upstream, caller)).pause();
    const piece = chunk('x'.repeat(1024 * 1024));
    for (let written = 0; written < 64 && !upstream.destroyed; written += 1) {
      upstream.write(piece);
      await new Promise(setImmediate);
    }
    expect(await ended).toMatchObject({ error: { failure: 'caller_gone' } });
  });
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const getReply = (url: string) =>
  new Promise<IncomingMessage>((resolve, reject) => get(url, { agent: false }, resolve).on('error', reject));

async function firstByte(upstream: { write(text: string): unknown }, caller: Promise<IncomingMessage>) {
  upstream.write(chunk('one'));
  const reply = await caller;
  await once(reply, 'readable');
  reply.on('error', () => {});
  return reply;
}

function collect(reply: IncomingMessage) {
  const seen = { text: '', end: once(reply, 'end') };
  reply.on('data', (bytes: Buffer) => {
    seen.text += bytes;
  });
  return seen;
}

const deadlinesIn = (firstPieceMs: number, endMs: number) => ({
  firstPieceAtMs: performance.now() + firstPieceMs,
  endAtMs: performance.now() + endMs,
});

/** A promise that the test opens from outside. */
function gate<T>() {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
