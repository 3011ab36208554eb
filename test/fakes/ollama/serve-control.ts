import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { FakeOllama } from './fake-ollama.ts';
import type { Load } from './loader.ts';
import type { RequestRecord } from './recording.ts';
import { Mischief, type MischiefMaker } from './serve-mischief.ts';

/** The one path that Ollama does not have: GET tells what happened so far, POST orders mischief. */
export const CONTROL_PATH = '/__fake';

/** Everything that is known of the process, as `GET /__fake` tells it. */
export interface ServeState {
  pid: number;
  /** How often it was started with this HOME, this time included. */
  starts: number;
  /** All of it, so that a test can prove what is not in there. */
  environment: Record<string, string>;
  requests: (Pick<
    RequestRecord,
    'method' | 'path' | 'query' | 'headers' | 'bodyText' | 'chunksSent' | 'phase' | 'generation'
  > & { status?: number; ending?: string })[];
  loads: readonly Load[];
  abortedLoads: number;
  runningGenerations: number;
  warnings: string[];
}

/** @returns whether the request is taken care of: it was for the control, or nobody is to be answered. */
export function control(fake: FakeOllama, maker: MischiefMaker, starts: number) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.url !== CONTROL_PATH) return maker.isHung;
    void take(request, response).catch((error: Error) => response.writeHead(400).end(error.message));
    return true;
  };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') maker.obey(Mischief.parse(JSON.parse(await text(request))));
    response.end(JSON.stringify(stateOf(fake, starts)));
  }
}

function stateOf(fake: FakeOllama, starts: number): ServeState {
  return {
    pid: process.pid,
    starts,
    environment: process.env as Record<string, string>,
    requests: fake.requests.map(told),
    loads: fake.loads,
    abortedLoads: fake.loads.filter(({ ending }) => ending === 'aborted').length,
    runningGenerations: fake.requests.filter(({ generation }) => generation === 'running').length,
    warnings: [...(fake.store?.warnings ?? [])],
  };
}

function told(record: RequestRecord): ServeState['requests'][number] {
  const { method, path, query, headers, bodyText, chunksSent, phase, generation, status, ending } = record;
  return {
    ...{ method, path, query, headers, bodyText, chunksSent, phase, generation },
    ...(status && { status }),
    ...(ending && { ending }),
  };
}
