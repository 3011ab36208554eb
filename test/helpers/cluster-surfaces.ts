import type { Cluster } from './cluster.ts';

/** Asks a model for a few words in each protocol, and reads what came of it. */
export interface SpokenSurface {
  path: string;
  body: object;
  /** The words of a whole answer. */
  whole(answer: never): string | undefined;
  /** The words of one event or line of a stream. */
  piece(event: never): string | undefined;
}

const messages = [{ role: 'user', content: 'Hello!' }];

/** Those that make text; each protocol's form has its own tests. */
export const spokenSurfaces: SpokenSurface[] = [
  {
    path: '/v1/chat/completions',
    body: { messages },
    whole: (answer: Choices<{ message: { content: string } }>) => answer.choices[0]?.message.content,
    piece: (event: Choices<{ delta?: { content?: string } }>) => event.choices[0]?.delta?.content,
  },
  {
    path: '/v1/completions',
    body: { prompt: 'Hello!', max_tokens: 100 },
    whole: (answer: Choices<{ text: string }>) => answer.choices[0]?.text,
    piece: (event: Choices<{ text: string }>) => event.choices[0]?.text,
  },
  {
    path: '/v1/responses',
    body: { input: 'Hello!' },
    whole: ({ output }: { output: { content: { text: string }[] }[] }) => output[0]?.content[0]?.text,
    piece: ({ type, delta }: { type: string; delta?: string }) =>
      type === 'response.output_text.delta' ? delta : undefined,
  },
  {
    path: '/v1/messages',
    body: { messages, max_tokens: 100 },
    whole: ({ content }: { content: { text: string }[] }) => content[0]?.text,
    piece: ({ delta }: { delta?: { text?: string } }) => delta?.text,
  },
  {
    path: '/api/chat',
    body: { messages },
    whole: ({ message }: { message: { content: string } }) => message.content,
    piece: ({ message }: { message?: { content: string } }) => message?.content,
  },
  {
    path: '/api/generate',
    body: { prompt: 'Hello!' },
    whole: ({ response }: { response: string }) => response,
    piece: ({ response }: { response?: string }) => response,
  },
];

type Choices<Choice> = { choices: Choice[] };

const vectorOf = (vector: unknown) => (Array.isArray(vector) ? `${vector.length} numbers` : undefined);

/** Those that make a vector; none is a stream. */
export const embeddingSurfaces: SpokenSurface[] = [
  {
    path: '/v1/embeddings',
    body: { input: 'Hello!' },
    whole: ({ data }: { data: { embedding: number[] }[] }) => vectorOf(data[0]?.embedding),
    piece: () => undefined,
  },
  {
    path: '/api/embed',
    body: { input: 'Hello!' },
    whole: ({ embeddings }: { embeddings: number[][] }) => vectorOf(embeddings[0]),
    piece: () => undefined,
  },
  {
    path: '/api/embeddings',
    body: { prompt: 'Hello!' },
    whole: ({ embedding }: { embedding: number[] }) => vectorOf(embedding),
    piece: () => undefined,
  },
];

/** What a caller was told, in no protocol's words. */
interface Told {
  status: number;
  text: string;
  /** By an error, as a body or in the stream. */
  failed: boolean;
  attempts: string | null;
}

interface Wish {
  model: string;
  /** Absent where there is no such field. */
  stream?: boolean;
  tag: string;
}

export async function toldBy({ urls, key }: Cluster, surface: SpokenSurface, wish: Wish): Promise<Told> {
  const { model, stream, tag } = wish;
  const response = await fetch(`${urls[0]}${surface.path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-gateway-tag': tag },
    body: JSON.stringify({ model, ...(stream !== undefined && { stream }), ...surface.body }),
  });
  const { status, headers } = response;
  const body = await response.text();
  const told = { status, attempts: headers.get('x-gateway-attempts') };
  if (status !== 200) return { ...told, text: '', failed: true };
  if (!stream) return { ...told, failed: false, text: surface.whole(JSON.parse(body) as never) ?? '' };
  const events = objectsIn(body);
  const words = events.filter((event) => !isError(event)).map((event) => surface.piece(event as never) ?? '');
  return { ...told, failed: events.some(isError), text: words.join('') };
}

const isError = (event: object) => 'error' in event;

/** The objects of a stream, of whichever form; comments and marks of the end left out. */
const objectsIn = (body: string): object[] =>
  body
    .split('\n')
    .map((line) => line.replace(/^data: /, ''))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as object);
