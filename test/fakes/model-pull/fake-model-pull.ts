import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CredentialCheck } from '#shared/credential/check-credential.ts';
import { isOver, type JobState, type ModelJob } from '#shared/model-jobs/job.ts';
import { aJob, PULL, STOPPED } from './scripted-job.ts';
import { type Fault, json, refuse, type Seen, type Turn, toLine } from './wire.ts';

export const SECRET = 'the secret of the tests of the model store';

/** model-pull's API without a store behind it. A job goes on by a step each time that a watcher has been told of one. */
export class FakeModelPull {
  readonly jobs = new Map<string, ModelJob>();
  readonly requests: Seen[] = [];
  /** By `POST /pulls` or `GET /pulls/*`: the next requests of this kind get these answers. */
  readonly faults = new Map<string, Fault[]>();
  /** What the next runs bring a job to, in turn; after them each goes well. */
  scripts: (readonly JobState[])[] = [];
  /** Whether Function Compute stands before it. */
  isBehindFc = true;
  /** A watcher's connection is cut after so many events. */
  eventsPerConnection = Number.POSITIVE_INFINITY;
  /** The lines of `/api/create`, and the answers of what only reads. */
  createLines: object[] = [{ status: 'writing manifest' }, { status: 'success' }];
  pullLines: (body: Seen['body']) => object[] = () => [{ status: 'pulling manifest' }, { status: 'success' }];
  tags: object[] = [];
  shown: object = {};
  collected: object = { removed: [], kept: [], bytes: 0 };
  readonly #steps = new Map<string, JobState[]>();
  readonly #runsOver = new Map<string, (() => void)[]>();
  readonly #check = new CredentialCheck(SECRET, 'model-pull');
  readonly #server = createServer((incoming, outgoing) => {
    this.#answer(incoming, outgoing).catch((error: unknown) => {
      refuse(outgoing, 401, String(error));
    });
  });

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  stop(): void {
    this.#server.close().closeAllConnections();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What was asked on a path, oldest first. */
  seen(call: string): Seen[] {
    return this.requests.filter(({ method, path }) => `${method} ${path}` === call);
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(incoming.url!, 'http://fake');
    const { method = '', headers } = incoming;
    const said = await text(incoming);
    const subject = await this.#check.subject({ authorization: headers.authorization, method, path });
    const body = said === '' ? undefined : JSON.parse(said);
    this.requests.push({ method, path, query: Object.fromEntries(searchParams), body, headers, subject });
    const call = `${method} ${path.replace(/job_[0-9a-f]+/, '*')}`;
    const fault = this.faults.get(call)?.shift();
    if (fault) {
      fault(outgoing);
      return;
    }
    const job = this.jobs.get(/job_[0-9a-f]+/.exec(path)?.[0] ?? '');
    if (path.startsWith('/pulls/') && !job) refuse(outgoing, 404, 'There is no such job.');
    else this.#route(call, { job: job!, body, headers, outgoing });
  }

  #route(call: string, turn: Turn): void {
    const { job, body, headers, outgoing } = turn;
    const answers: Record<string, () => void> = {
      'POST /pulls': () => this.#open('pull', turn),
      'POST /mirror': () => this.#open('mirror', turn),
      'GET /pulls': () => json(outgoing, { pulls: [...this.jobs.values()].toReversed(), has_more: false }),
      'GET /pulls/*': () =>
        headers.accept === 'text/event-stream' ? this.#watch(turn) : json(outgoing, { pull: job }),
      'POST /pulls/*/run': () => this.#run(turn),
      'POST /pulls/*/stop': () => json(outgoing, { pull: this.#go(job, STOPPED) }),
      'POST /pulls/*/retry': () => json(outgoing, { pull: this.#go(job, { status: 'queued' }) }),
      'GET /api/tags': () => json(outgoing, { models: this.tags }),
      'POST /api/show': () => json(outgoing, this.shown),
      'DELETE /api/delete': () => outgoing.end(),
      'POST /gc': () => json(outgoing, this.collected),
      'POST /api/create': () => outgoing.end(this.createLines.map(toLine).join('')),
      'POST /api/pull': () => outgoing.end(this.pullLines(body).map(toLine).join('')),
    };
    const answer = answers[call];
    if (answer) answer();
    else refuse(outgoing, 404, `The fake has no ${call}.`);
  }

  #open(kind: 'pull' | 'mirror', { body: { model, id, ...wish }, outgoing }: Turn): void {
    const wanted = aJob(kind, model, wish, id);
    const open = [...this.jobs.values()].find((job) => job.model === wanted.model && !isOver(job));
    const job = open ?? wanted;
    this.jobs.set(job.id, job);
    json(outgoing, { pull: job }, open ? 200 : 201);
  }

  #run({ job, headers, outgoing }: Turn): void {
    this.#steps.set(job.id, [...(this.scripts.shift() ?? PULL)]);
    if (headers['x-fc-invocation-type'] === 'Async' && this.isBehindFc) {
      outgoing.writeHead(202, { 'x-fc-request-id': 'one' }).end();
      return;
    }
    const tell = () => json(outgoing, { pull: job }, isOver(job) ? 200 : 503);
    this.#runsOver.set(job.id, [...(this.#runsOver.get(job.id) ?? []), tell]);
  }

  #watch({ job, outgoing }: Turn): void {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    let left = this.eventsPerConnection;
    const tell = () => {
      left -= 1;
      if (left < 0) outgoing.destroy();
      else outgoing.write(`: alive\nevent: progress\ndata: ${JSON.stringify(job)}\n\n`, next);
    };
    const next = () => {
      if (outgoing.destroyed) return;
      if (isOver(job)) {
        outgoing.end('event: end\ndata: {}\n\n');
        return;
      }
      const state = this.#steps.get(job.id)?.shift();
      if (!state) {
        setTimeout(next, 5); // somebody has to run it first
        return;
      }
      if (job.state.status !== 'running') job.attempt += 1; // somebody has taken it
      this.#go(job, state);
      tell();
    };
    tell();
  }

  #go(job: ModelJob, state: JobState): ModelJob {
    job.state = state;
    if (state.status !== 'interrupted' && !isOver(job)) return job;
    for (const tell of this.#runsOver.get(job.id) ?? []) tell();
    this.#runsOver.delete(job.id);
    return job;
  }
}
