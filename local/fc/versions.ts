import type { Instance } from './instance.ts';
import { InstancePool } from './instance-pool.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';

/** Code and configuration as they were when they were published, and the instances that run them. */
interface Version {
  spec: FunctionSpec;
  pool: InstancePool;
}

/** Which version the callers meet, in the words of FC's API. */
export interface Alias {
  aliasName: string;
  versionId: string;
  /** One version more, and its share of the calls, above 0 and at most 1. */
  additionalVersionWeight?: Readonly<Record<string, number>>;
}

/**
 * The versions of one function behind one address. Callers meet the function as it stands, until an alias is pointed.
 *
 * FC draws lots for each call; here calls take turns, so that a share of 0.1 is each tenth call and a test can count.
 */
export class Versions {
  readonly #latest: Version;
  readonly #settings: Settings;
  readonly #published = new Map<string, Version>();
  #alias: Alias | undefined;
  #turns = 0;

  constructor(spec: FunctionSpec, settings: Settings) {
    this.#settings = settings;
    this.#latest = this.#version(spec);
  }

  /** Those that live, of all versions. */
  get instances(): readonly Instance[] {
    return this.#all.flatMap(({ pool }) => pool.instances);
  }

  /** The function as it stands, whom a trigger meets that names no version. */
  get latest(): Version {
    return this.#latest;
  }

  /** What the next call meets. */
  next(): Version {
    if (!this.#alias) return this.#latest;
    const { spec, pool } = this.#published.get(this.#nextId(this.#alias))!;
    const qualifier = this.#alias.aliasName;
    return { pool, spec: { ...spec, version: { id: spec.version?.id ?? '', qualifier } } };
  }

  /** Keeps the function as it stands, with these changes, as a version; gives its id. */
  publish(changes: Partial<FunctionSpec> = {}): string {
    const id = String(this.#published.size + 1);
    const version = { id, qualifier: id };
    this.#published.set(id, this.#version({ ...this.#latest.spec, ...changes, version }));
    return id;
  }

  /** @throws Error for what FC would refuse: a version that there is not, more than one in addition, another share. */
  point(alias: Alias): void {
    const additional = Object.entries(alias.additionalVersionWeight ?? {});
    for (const id of [alias.versionId, ...additional.map(([id]) => id)])
      if (!this.#published.has(id)) throw new Error(`${this.#latest.spec.name} has no version ${id}.`);
    if (additional.length > 1) throw new Error('An alias splits calls between two versions, not more.');
    if (additional.some(([id, weight]) => id === alias.versionId || !(weight >= 0 && weight <= 1)))
      throw new Error('A share is from 0 to 1, and of another version than the first.');
    this.#alias = alias;
  }

  /** Starts what FC keeps ready of the function as it stands. */
  provision(): void {
    this.#latest.pool.provision();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ pool }) => pool.close()));
  }

  get #all(): Version[] {
    return [this.#latest, ...this.#published.values()];
  }

  /** In ten-thousandths, since sums of fractions would be off by one call now and then. */
  #nextId({ versionId, additionalVersionWeight = {} }: Alias): string {
    const [[additionalId, weight] = [versionId, 0]] = Object.entries(additionalVersionWeight);
    this.#turns += Math.round(weight * WHOLE);
    if (this.#turns < WHOLE) return versionId;
    this.#turns -= WHOLE;
    return additionalId;
  }

  /** What is reserved for a function bounds the instances of all its versions together. */
  #version(spec: FunctionSpec): Version {
    const bound = spec.reservedConcurrency ?? this.#settings.maxInstances;
    const assertRoom = () => {
      // One that is ending is not counted: whoever comes in its place must not be refused meanwhile.
      if (this.instances.filter(({ phase }) => phase !== 'draining').length >= bound)
        throw new Refusal('ResourceExhausted', `${spec.name} has all of its ${bound} instances busy.`);
    };
    return { spec, pool: new InstancePool(spec, this.#settings, assertRoom) };
  }
}

const WHOLE = 10_000;
