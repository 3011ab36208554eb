import { randomUUID } from 'node:crypto';
import type { FakeModel } from '../fakes/ollama/models.ts';
import { listen, type Told } from './chat-stream.ts';
import { ask } from './served-gateway.ts';
import type { Tenant } from './tenant.ts';

interface Gate {
  opened: Promise<void>;
  open(): void;
}

const gates = new Map<string, Gate>();

/** Says two words, and between them waits for the test: its call is under way for as long. */
export const gated: FakeModel = {
  name: 'gated:latest',
  reply: ({ messages }) => ({
    pieces: [
      { text: 'One' },
      { until: gates.get(messages.at(-1)!.content)?.opened ?? Promise.resolve() },
      { text: ' two' },
    ],
  }),
};

export interface OpenCall {
  requestId: string;
  headers: Headers;
  /** Lets the model finish, and reads the rest. */
  finish(): Promise<Told>;
}

/** A call that is under way when this returns: its first word has come, and its quota is held. */
export async function anOpenCall(
  { client }: Pick<Tenant, 'client'>,
  rest: { model?: string; max_tokens?: number } = {},
): Promise<OpenCall> {
  const name = randomUUID();
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  gates.set(name, { opened, open });
  const request = { ...ask('ollama/gated', name), max_tokens: 100, ...rest, stream: true } as const;
  const { data, response } = await client.chat.completions.create(request).withResponse();
  return {
    requestId: response.headers.get('x-request-id')!,
    headers: response.headers,
    finish: () => {
      open();
      return listen(data);
    },
  };
}
