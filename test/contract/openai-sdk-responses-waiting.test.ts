import { APIError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { replayResponse } from '#shared/fixtures/response-stream.ts';
import { gather } from '../helpers/gather.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { ResponseEvent } from '../schemas/openai-response-events.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  const environment = { router: { FIRST_SIGN_OF_LIFE_MS: '50', SIGN_OF_LIFE_EVERY_MS: '50' } };
  gateway = await aServedGateway({ environment });
});

/** The head has come, with the first sign of life; the model is still loading. */
const begun = () =>
  gateway.client.responses.create({ model: 'ollama/tiny', input: 'Hello!', stream: true }).withResponse();

describe('a response that keeps its caller waiting', () => {
  it('has its head before the model says anything, and then all events from the first on', async () => {
    const load = gateway.fake.holdLoads();
    const { data, response } = await begun();
    expect(response.status).toBe(200);
    load();
    replayResponse((await gather(data)).map((event) => ResponseEvent.parse(event)));
  });

  it('fails inside the stream when it fails after its head, and the SDK throws what is wrong', async () => {
    gateway.fake.faults.next({ kind: 'hang-before-head' });
    const { data } = await begun();
    await gateway.fake.stop();
    const error = await thrownBy(gather(data));
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'upstream_error', type: 'server_error', param: null });
  });
});
