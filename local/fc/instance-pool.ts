import { Instance } from './instance.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';

/** The instances of one function: who gets the next request, and when there is one more of them. */
export class InstancePool {
  readonly #spec: FunctionSpec;
  readonly #settings: Settings;
  #instances: Instance[] = [];
  #isClosed = false;

  constructor(spec: FunctionSpec, settings: Settings) {
    this.#spec = spec;
    this.#settings = settings;
  }

  /** Those that live, oldest first. */
  get instances(): readonly Instance[] {
    this.#instances = this.#instances.filter(({ phase }) => phase !== 'ended');
    return this.#instances;
  }

  /**
   * The instance for the next request, which must take its seat at once.
   *
   * The oldest with room, so that one is filled before the next is used; one that is still starting has
   * room for as many as it will serve, so that a burst does not start an instance for each request.
   */
  choose(): Instance {
    if (this.#isClosed) throw new Refusal('ServiceUnavailable', `${this.#spec.name} is stopping.`);
    const open = this.instances.filter((instance) => instance.hasRoom);
    return open.find(({ phase }) => phase === 'serving') ?? open[0] ?? this.start();
  }

  start(): Instance {
    const bound = this.#spec.reservedConcurrency ?? this.#settings.maxInstances;
    if (this.instances.length >= bound) {
      throw new Refusal('ResourceExhausted', `${this.#spec.name} has all of its ${bound} instances busy.`);
    }
    const instance = new Instance(this.#spec, this.#settings);
    this.#instances.push(instance);
    return instance;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.instances.map((instance) => instance.retire()));
  }
}
