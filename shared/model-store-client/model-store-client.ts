import type * as z from 'zod';
import type { JobKind, ModelJob } from '../model-jobs/job.ts';
import { ModelJobSchema, OneJob, SomeJobs } from './model-job-schema.ts';
import { assertDone, parsed, readAll, readEvents, readJson, readLines } from './read-reply.ts';
import { Collected, ProgressLine, ShownModel, type StoredModel, StoredModels } from './store-answers.ts';
import { isItsOwn, lineFailure, storeFailure } from './store-failure.ts';
import { askStore, type Patience, type StoreAddress, type StoreRequest } from './store-request.ts';
import type { CreateWish, PullWish } from './wishes.ts';

/** A cold start is part of it. */
const ANSWER_MS = 60_000;
/** Files are looked at one by one, on a NAS. */
const LONG_WORK_MS = 600_000;
/** model-pull shows signs of life while it is watched. */
const WATCH_SILENCE_MS = 60_000;

/** What came of asking for a run: somebody sees to it, or it is over. */
export type Asked = { kind: 'accepted' } | { kind: 'over'; job: ModelJob };

/** model-pull's API. All of it throws GatewayError: `not_found`, `invalid_request`, `conflict`, `upstream_error`… */
export class ModelStoreClient {
  readonly #address: StoreAddress;

  constructor(address: StoreAddress) {
    this.#address = address;
  }

  /** Opens a job, or joins the one that is open for the model and wants the same. */
  openPull(wish: PullWish): Promise<ModelJob> {
    return this.#job({ method: 'POST', path: '/pulls', body: wish });
  }

  openMirror(model: string): Promise<ModelJob> {
    return this.#job({ method: 'POST', path: '/mirror', body: { model } });
  }

  /** Asks Function Compute to have a job run. What is not behind it runs the job before it answers. */
  async runApart(job: ModelJob, signal?: AbortSignal): Promise<Asked> {
    const { id } = job;
    const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': taskId(job) };
    const run = { method: 'POST', path: runPath(id), headers, isLasting: true } as const;
    const reply = await this.#ask(run, { signal });
    if (reply.statusCode === 202) {
      reply.resume();
      return { kind: 'accepted' };
    }
    if (reply.statusCode !== 409) return over(await readJson(reply, OneJob));
    const body = (await readAll(reply)).toString();
    if (isItsOwn(body)) throw storeFailure(409, body);
    return { kind: 'accepted' }; // it had been asked for already
  }

  /** Runs a job while this waits for it. */
  async runHere({ id }: ModelJob, signal?: AbortSignal): Promise<Asked> {
    return over(await readJson(await this.#ask({ method: 'POST', path: runPath(id) }, { signal }), OneJob));
  }

  async jobs(filter: { limit?: number; before?: string; kind?: JobKind } = {}) {
    const query = Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)]));
    const reply = await this.#ask({ method: 'GET', path: '/pulls', query }, { silenceMs: ANSWER_MS });
    const { pulls, has_more: hasMore } = await readJson(reply, SomeJobs);
    return { jobs: pulls, hasMore };
  }

  job(id: string): Promise<ModelJob> {
    return this.#job({ method: 'GET', path: jobPath(id) });
  }

  /** A job at each change, over one connection: it ends when the job is over, or when the connection has to. */
  async *watch(id: string, signal?: AbortSignal): AsyncGenerator<ModelJob, void> {
    const headers = { accept: 'text/event-stream' };
    const reply = await this.#ask(
      { method: 'GET', path: jobPath(id), headers },
      { silenceMs: WATCH_SILENCE_MS, signal },
    );
    await assertDone(reply);
    for await (const { event, data } of readEvents(reply)) {
      if (event === 'progress') yield parsed(data, ModelJobSchema);
      else if (event === 'error') throw storeFailure(502, data);
      else if (event === 'end') return;
    }
  }

  stop(id: string): Promise<ModelJob> {
    return this.#job({ method: 'POST', path: `${jobPath(id)}/stop` });
  }

  retry(id: string): Promise<ModelJob> {
    return this.#job({ method: 'POST', path: `${jobPath(id)}/retry` });
  }

  async models(): Promise<StoredModel[]> {
    const reply = await this.#ask({ method: 'GET', path: '/api/tags' }, { silenceMs: ANSWER_MS });
    return (await readJson(reply, StoredModels)).models;
  }

  async show(model: string): Promise<ShownModel> {
    const request = { method: 'POST', path: '/api/show', body: { model } } as const;
    return readJson(await this.#ask(request, { silenceMs: ANSWER_MS }), ShownModel);
  }

  async remove(model: string): Promise<void> {
    const request = { method: 'DELETE', path: '/api/delete', body: { model } } as const;
    const reply = await this.#ask(request, { silenceMs: LONG_WORK_MS });
    await assertDone(reply);
    await readAll(reply);
  }

  /** What is being done, in Ollama's words; it is done when this ends. */
  async *create(wish: CreateWish, signal?: AbortSignal): AsyncGenerator<string, void> {
    const request = { method: 'POST', path: '/api/create', body: { ...wish, stream: true } } as const;
    const reply = await this.#ask(request, { silenceMs: LONG_WORK_MS, signal });
    await assertDone(reply);
    for await (const line of readLines(reply, ProgressLine)) {
      if ('error' in line) throw lineFailure(String(line.error));
      yield line.status;
      if (line.status === 'success') return;
    }
    throw lineFailure('The model store broke off before it was done.');
  }

  async collect({ dryRun, graceMs }: { dryRun: boolean; graceMs?: number | undefined }): Promise<Collected> {
    const body = { dry_run: dryRun, ...(graceMs !== undefined && { grace_ms: graceMs }) };
    const reply = await this.#ask({ method: 'POST', path: '/gc', body }, { silenceMs: LONG_WORK_MS });
    return readJson(reply, Collected);
  }

  async #job(request: StoreRequest): Promise<ModelJob> {
    return (await readJson(await this.#ask(request, { silenceMs: ANSWER_MS }), OneJob)).pull;
  }

  #ask(request: StoreRequest, patience: Patience) {
    return askStore(this.#address, request, patience);
  }
}

/**
 * One for each time that a job waits for a worker, so that asking twice begins one run. The attempt alone would not do:
 * a job that was stopped before its first, and is retried, has the same.
 */
const taskId = ({ id, attempt, updatedAt }: ModelJob) => `${id}-${attempt + 1}-${Date.parse(updatedAt)}`;

const over = ({ pull }: z.infer<typeof OneJob>): Asked => ({ kind: 'over', job: pull });

const jobPath = (id: string) => `/pulls/${encodeURIComponent(id)}`;
const runPath = (id: string) => `${jobPath(id)}/run`;
