import { APIError, GatewayTimeoutError, InternalServerError, OverloadedError } from '@anthropic-ai/sdk';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { anthropic, askMessage, callsOf, postMessage, streamedEvents, textIn } from '../helpers/anthropic.ts';
import { expectGrammatical, messageEvents } from '../helpers/message-stream.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

afterEach(() => gateway.fake.faults.clear());

const tiny = askMessage('ollama/tiny');

/** What the SDK throws at a caller. */
const errorOf = async (call: object, access: { url: string; key: string } = gateway) =>
  (await thrownBy(anthropic(access).messages.create({ ...tiny, ...call }))) as APIError;

const requestID = expect.stringMatching(/^req_[0-9a-f]{32}$/);

describe('an upstream that fails before it has said anything', () => {
  it('is an OverloadedError with the status 529, where its queue is full', async () => {
    gateway.fake.faults.always({ kind: 'queue-full' });
    const error = await errorOf({});
    expect(error).toBeInstanceOf(OverloadedError);
    expect(error).toMatchObject({ status: 529, type: 'overloaded_error', requestID });
  });

  it.each([false, true])('is an InternalServerError without a word of it; stream: %s', async (stream) => {
    const body = JSON.stringify({ error: 'secret words of http://10.0.0.7:11434' });
    gateway.fake.faults.always({ kind: 'error-status', status: 500, body });
    const error = await errorOf({ stream });
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 502, type: 'api_error', requestID });
    expect(error.message).not.toMatch(/secret|10\.0\.0\.7/);
  });
});

describe('a stream that has begun', () => {
  it('ends with an error where its upstream fails, after the text so far', async () => {
    gateway.fake.faults.always({ kind: 'error-line', afterChunks: 3 });
    const events = await streamedEvents(gateway, tiny);
    expect(textIn(events)).toBe('Hello, 世');
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    expect(JSON.stringify(events)).not.toMatch(/CUDA|127\.0\.0\.1|ECONN/);
  });

  it('makes the SDK throw that error, and it does not ask again', async () => {
    gateway.fake.faults.always({ kind: 'cut-mid-line', afterChunks: 3 });
    const before = callsOf(gateway).length;
    const stream = anthropic(gateway, { maxRetries: 2 }).messages.stream(tiny);
    const pieces: string[] = [];
    stream.on('text', (piece) => pieces.push(piece));
    const error = (await thrownBy(stream.finalMessage())) as APIError;
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ type: 'api_error', requestID });
    expect(pieces.join('')).toBe('Hello, 世');
    expect(callsOf(gateway).length - before).toBe(1);
  });
});

describe('a caller of a model that is slow to begin', () => {
  it('is shown signs of life, over which the SDK passes', async () => {
    const environment = { router: { FIRST_SIGN_OF_LIFE_MS: '20', SIGN_OF_LIFE_EVERY_MS: '20' } };
    const slow = await aServedGateway({ environment });
    const load = slow.fake.holdLoads();
    const stream = anthropic(slow).messages.stream(tiny);
    const { response } = await stream.withResponse(); // its head has come, and with it the first sign
    expect(response.status).toBe(200);
    load();
    expect(await stream.finalText()).toBe('Hello, 世界! 🌍 Grüße.');
  });

  it('is shown them as pings, before the message has begun', async () => {
    const environment = { router: { FIRST_SIGN_OF_LIFE_MS: '20', SIGN_OF_LIFE_EVERY_MS: '20' } };
    const slow = await aServedGateway({ environment });
    const load = slow.fake.holdLoads();
    const response = await postMessage(slow, { ...tiny, stream: true });
    load();
    const events = messageEvents(await response.text());
    expectGrammatical(events);
    expect(events[0]).toEqual({ type: 'ping' });
    expect(textIn(events)).toBe('Hello, 世界! 🌍 Grüße.');
  });

  it('is told with a GatewayTimeoutError where it never does', async () => {
    const impatient = await aServedGateway({ environment: { router: { FIRST_PIECE_TIMEOUT_MS: '150' } } });
    impatient.fake.faults.always({ kind: 'hang-before-head' });
    const error = await errorOf({}, impatient);
    expect(error).toBeInstanceOf(GatewayTimeoutError);
    expect(error).toMatchObject({ status: 504, type: 'timeout_error' });
  });
});
