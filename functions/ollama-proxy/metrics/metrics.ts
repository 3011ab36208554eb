import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type OllamaState, STATUSES } from '../child/state.ts';
import type { LoadedModel } from '../loads/loaded-models.ts';
import type { LoadOutcome } from '../loads/loads.ts';
import type { Measured } from './answer-meter.ts';

/** What is read at the moment of a scrape. */
export interface Moment {
  slots: number;
  slotsInUse: number;
  waiting: number;
  state: OllamaState;
  /** What Ollama has in memory; undefined when it could not be asked. */
  loaded: LoadedModel[] | undefined;
}

/**
 * What a Prometheus may know of this instance. No label has a caller's words: paths are those that we serve, models
 * those that Ollama itself has listed.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #listed = new Set<string>();
  readonly #slots = this.#gauge('slots', 'Answers that Ollama may make at once.');
  readonly #slotsInUse = this.#gauge('slots_in_use', 'Slots that a caller has.');
  readonly #waiting = this.#gauge('queue_length', 'Callers that wait for a slot or for a load.');
  readonly #state = this.#gauge('state', 'Whether Ollama is in this state.', ['state']);
  readonly #memory = this.#gauge('gpu_memory_bytes', 'Memory of the card that a model takes.', ['model']);
  readonly #restarts = this.#counter('restarts_total', 'How often Ollama had to be started again.');
  readonly #requests = this.#counter('requests_total', 'Requests, by path and class of status.', [
    'path',
    'status',
  ]);
  readonly #loadCount = this.#counter('loads_total', 'Loads, by how they ended.', ['model', 'outcome']);
  readonly #tokens = this.#counter('tokens_total', 'Tokens that Ollama has reported.', ['model', 'kind']);
  readonly #waitSeconds = this.#histogram('queue_wait_seconds', 'Waits for a slot.', WAIT_SECONDS);
  readonly #loadSeconds = this.#histogram('load_seconds', 'Loads that ended well.', LOAD_SECONDS, ['model']);
  readonly #speed = this.#histogram('output_tokens_per_second', 'Speed of answers.', TOKENS_PER_SECOND, [
    'model',
  ]);

  request(path: string, status: number): void {
    this.#requests.inc({ path, status: `${Math.floor(status / 100)}xx` });
  }

  waited(ms: number): void {
    this.#waitSeconds.observe(ms / 1000);
  }

  restarted(): void {
    this.#restarts.inc();
  }

  load(model: string, outcome: LoadOutcome, ms: number): void {
    this.#loadCount.inc({ model: this.#label(model), outcome });
    if (outcome === 'loaded') this.#loadSeconds.observe({ model: this.#label(model) }, ms / 1000);
  }

  answer(name: string, { promptTokens = 0, outputTokens = 0, outputSeconds = 0 }: Measured): void {
    const model = this.#label(name);
    this.#tokens.inc({ model, kind: 'prompt' }, promptTokens);
    this.#tokens.inc({ model, kind: 'output' }, outputTokens);
    if (outputTokens > 0 && outputSeconds > 0) this.#speed.observe({ model }, outputTokens / outputSeconds);
  }

  /** Names that Ollama has listed may stand in labels. */
  listed(models: readonly LoadedModel[]): void {
    for (const { name } of models) if (this.#listed.size < MOST_MODELS) this.#listed.add(name);
  }

  async text({ slots, slotsInUse, waiting, state, loaded = [] }: Moment): Promise<string> {
    this.#slots.set(slots);
    this.#slotsInUse.set(slotsInUse);
    this.#waiting.set(waiting);
    for (const status of STATUSES) this.#state.set({ state: status }, status === state.status ? 1 : 0);
    this.listed(loaded);
    this.#memory.reset();
    for (const { name, vramBytes } of loaded) this.#memory.set({ model: this.#label(name) }, vramBytes);
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #label(model: string): string {
    return this.#listed.has(model) ? model : 'other';
  }

  #gauge<Label extends string = never>(name: string, help: string, labelNames: Label[] = []) {
    return new Gauge({ name: PREFIX + name, help, labelNames, registers: [this.#registry] });
  }

  #counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []) {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ) {
    return new Histogram({ name: PREFIX + name, help, buckets, labelNames, registers: [this.#registry] });
  }
}

const PREFIX = 'gateway_ollama_';
/** An instance serves a handful; a bound against one whose models change all day. */
const MOST_MODELS = 100;
const WAIT_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30];
const LOAD_SECONDS = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600];
const TOKENS_PER_SECOND = [1, 2, 5, 10, 20, 50, 100, 200, 500];
