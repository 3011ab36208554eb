import { Instance } from './instance.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';

/** The instances of one function's version: who gets the next request, and when there is one more of them. */
export class InstancePool {
  readonly #spec: FunctionSpec;
  readonly #settings: Settings;
  readonly #assertRoom: () => void;
  #instances: Instance[] = [];
  #isClosed = false;

  /** @param assertRoom throws where the function, with all its versions, has as many as it may */
  constructor(spec: FunctionSpec, settings: Settings, assertRoom: () => void) {
    this.#spec = spec;
    this.#settings = settings;
    this.#assertRoom = assertRoom;
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

  start(settings = this.#settings): Instance {
    this.#assertRoom();
    const instance = new Instance(this.#spec, settings);
    this.#instances.push(instance);
    return instance;
  }

  /** Starts as many as FC always keeps, and another for each of them that FC replaces. One that crashes only a call replaces. */
  provision(): void {
    for (let count = this.#spec.minInstances ?? 0; count > 0; count -= 1) this.#startKept();
  }

  #startKept(): void {
    if (this.#isClosed) return;
    const onEndedInstance: Settings['onEndedInstance'] = (ended) => {
      this.#settings.onEndedInstance(ended);
      this.#startKept();
    };
    this.start({ ...this.#settings, idleMs: undefined, onEndedInstance });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.instances.map((instance) => instance.retire()));
  }
}
