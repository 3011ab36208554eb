import { Ollama } from 'ollama';
import type * as z from 'zod';
import type { ServedGateway } from './served-gateway.ts';

interface Access {
  url: string;
  key: string;
}

/** Ollama's own client, with the key in a header. */
export const ollamaOf = ({ url, key }: Access) =>
  new Ollama({ host: url, headers: { authorization: `Bearer ${key}` } });

/** Ollama's own client as those use it that can set no header: with the key in the address. */
export const ollamaByPath = ({ url, key }: Access) => new Ollama({ host: `${url}/k/${key}` });

/** A call below `/api` without any client in between. */
export const callApi = ({ url, key }: Access, path: string, body: object, signal?: AbortSignal) =>
  fetch(`${url}/api/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });

/** The lines of a stream: all but the last are pieces, the last ends it. */
export async function linesOf<Piece extends z.ZodType, Last extends z.ZodType>(
  response: Response,
  { piece, last }: { piece: Piece; last: Last },
): Promise<{ pieces: z.output<Piece>[]; end: z.output<Last> }> {
  const text = await response.text();
  if (!text.endsWith('\n')) throw new Error('The last line has no end.');
  const lines = text.slice(0, -1).split('\n');
  return {
    pieces: lines.slice(0, -1).map((line) => piece.parse(JSON.parse(line))),
    end: last.parse(JSON.parse(lines.at(-1)!)),
  };
}

/** What the upstream was asked last on this path. */
export function lastRequest({ fake }: ServedGateway, path: string) {
  const record = fake.requests.findLast((request) => request.path === path);
  if (!record) throw new Error(`Nothing has been asked on ${path}.`);
  return record;
}

/** How often the upstream was asked on this path; routers also look at theirs by themselves, on others. */
export const callsOf = ({ fake }: ServedGateway, path: string): number =>
  fake.requests.filter((request) => request.path === path).length;
