import { APIError } from 'openai';
import type {
  ResponseCompletedEvent,
  ResponseStreamEvent,
  ResponseUsage,
} from 'openai/resources/responses/responses';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let tenant: Tenant;

beforeAll(async () => {
  gateway = await aServedGateway();
  tenant = await aTenant(gateway);
});

afterEach(() => gateway.fake.faults.clear());

const ask = (model: string, rest: object = {}) =>
  tenant.client.responses.create({ model, input: 'Hello!', ...rest, stream: false });
const stream = (model: string, rest: object = {}) =>
  tenant.client.responses.create({ model, input: 'Hello!', ...rest, stream: true });

/** All events until the end, and what was thrown there. */
async function listen(events: AsyncIterable<ResponseStreamEvent>) {
  const told: ResponseStreamEvent[] = [];
  try {
    for await (const event of events) told.push(event);
  } catch (error) {
    return { told, error };
  }
  return { told, error: undefined };
}

describe('a response that is refused', () => {
  it.each([
    [{ model: 'no/such' }, 404, 'model_not_found', 'model'],
    [{ max_output_tokens: 0 }, 400, null, 'max_output_tokens'],
    [{ input: [] }, 400, null, 'input'],
    [{ previous_response_id: 'resp_1' }, 400, 'unsupported_parameter', 'previous_response_id'],
    [{ tools: [{ type: 'web_search' }] }, 400, null, 'tools[0].type'],
    [{ tool_choice: 'required' }, 400, 'unsupported_parameter', 'tool_choice'],
    [{ top_logprobs: 2 }, 400, 'unsupported_parameter', 'top_logprobs'],
  ])('for %j has a status, a code and the field', async (fields, status, code, param) => {
    for (const call of [ask, stream]) {
      const error = await thrownBy(call('ollama/tiny', fields));
      expect(error).toBeInstanceOf(APIError);
      expect(error).toMatchObject({ status, code, param });
    }
  });

  it('for its quota costs nothing', async () => {
    const poor = await aTenant(gateway, { limits: ['tokens/total=5'] });
    const error = await thrownBy(poor.client.responses.create({ model: 'ollama/tiny', input: 'Hello!' }));
    expect(error).toMatchObject({ status: 429, code: 'insufficient_quota' });
  });
});

describe.each(BACKENDS)('a response of the %s backend', (backend) => {
  const tiny = `${backend}/tiny`;

  it('that fails before its first token has a status, and is free', async () => {
    gateway.fake.faults.next({ kind: 'error-status', status: 500 });
    const error = await thrownBy(stream(tiny));
    expect(error).toMatchObject({ status: 502, code: 'upstream_error' });
    const receipt = await receiptOf(tenant, (error as APIError).requestID);
    expect(receipt).toMatchObject({ status: 'released', tokens: { output: { charged: 0 } } });
  });

  it('that breaks off is thrown after what had come, which is charged', async () => {
    gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
    const { data, response } = await stream(tiny).withResponse();
    const { told, error } = await listen(data);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'upstream_error', type: 'server_error' });
    expect(told.at(-1)).toMatchObject({ type: 'response.output_text.delta' });
    const receipt = await receiptOf(tenant, response.headers.get('x-request-id'));
    expect(receipt).toMatchObject({ status: 'settled', reason: 'upstream_error', source: 'counted' });
    expect(receipt.tokens.output.charged).toBeGreaterThan(0);
  });

  it('that breaks off is an error for those who gather it, too', async () => {
    gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
    const gathered = tenant.client.responses.stream({ model: tiny, input: 'Hello!' }).finalResponse();
    expect(await thrownBy(gathered)).toMatchObject({ code: 'upstream_error' });
  });

  it('that has reached its cap is incomplete', async () => {
    const response = await ask(tiny, { max_output_tokens: 2 });
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      max_output_tokens: 2,
      usage: { output_tokens: 2 },
    });
    const { told } = await listen(await stream(tiny, { max_output_tokens: 2 }));
    expect(told.at(-1)).toMatchObject({ type: 'response.incomplete' });
  });

  it('is charged what its usage says, whole and streamed', async () => {
    const whole = await ask(tiny).withResponse();
    expect(await chargedFor(whole.response)).toEqual(tokensOf(whole.data.usage));
    const streamed = await stream(tiny).withResponse();
    const last = (await listen(streamed.data)).told.at(-1)!;
    const { usage } = (last as ResponseCompletedEvent).response;
    expect(await chargedFor(streamed.response)).toEqual(tokensOf(usage));
  });
});

async function chargedFor(response: Response) {
  const receipt = await receiptOf(tenant, response.headers.get('x-request-id'));
  expect(receipt).toMatchObject({ status: 'settled', source: 'reported', reason: 'stop' });
  return [receipt.tokens.prompt.charged, receipt.tokens.output.charged];
}

const tokensOf = (usage: ResponseUsage | undefined) => [usage!.input_tokens, usage!.output_tokens];
