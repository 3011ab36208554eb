import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Content } from './content.ts';
import { type Fault, PlannedFault, type Where } from './faults.ts';
import type { HostileManifest } from './hostile-manifests.ts';
import type { ModelParts } from './manifest-of.ts';
import { Records, type RequestRecord } from './records.ts';
import type { RegistryState } from './registry-state.ts';
import { serveRequest } from './serve-request.ts';
import { type Delivery, type ModelRules, Shelf } from './shelf.ts';
import { SignedLinks } from './signed-links.ts';
import { Tokens } from './tokens.ts';

export interface FakeRegistryOptions {
  port?: number;
  /** A name of loopback. By default another than the registry's, as a CDN has. */
  cdnHost?: string;
  /** How blobs are handed out where nothing else is said of them. */
  delivery?: Partial<Delivery>;
  /** How many requests a token is good for. */
  tokenUses?: number;
}

export type FakeRegistry = Awaited<ReturnType<typeof startFakeRegistry>>;

/**
 * A registry of models and the CDN that it sends its clients to, both on loopback. Follows `registry.ollama.ai` as
 * Ollama meets it; only http.
 *
 *     const registry = await startFakeRegistry();
 *     const model = registry.addModel('tiny', aTinyModel());
 *     registry.setFault({ at: 'data', blob: model.digests[0]!, nth: 1 }, { kind: 'reset', afterBytes: 100 });
 *     expect(registry.bytesServed(model.digests[0]!)).toBe(…);
 */
export async function startFakeRegistry({
  port = 0,
  cdnHost = 'localhost',
  delivery = {},
  tokenUses = Number.POSITIVE_INFINITY,
}: FakeRegistryOptions = {}) {
  const shelf = new Shelf(delivery);
  const records = new Records();
  const links = new SignedLinks();
  const faults: PlannedFault[] = [];
  const registry = await listening('127.0.0.1', port);
  const cdn = await listening(cdnHost, 0);
  const host = `127.0.0.1:${portOf(registry)}`;
  const origin = `http://${host}`;
  const cdnOrigin = `http://${cdnHost}:${portOf(cdn)}`;
  const tokens = new Tokens(origin, host, tokenUses);
  const state: RegistryState = { cdnOrigin, shelf, tokens, links, records, faults };
  registry.on('request', (request, response) => serveRequest(state, 'registry', request, response));
  cdn.on('request', (request, response) => serveRequest(state, 'cdn', request, response));

  return {
    origin,
    host,
    cdnOrigin,
    /** As a client names a model here: `http://127.0.0.1:4321/library/tiny:latest`. */
    nameOf: (model: { name: string }) => `${origin}/${model.name}`,
    addModel: (name: string, parts: ModelParts, rules?: ModelRules) => shelf.addModel(name, parts, rules),
    addManifest: (name: string, manifest: Content, rules?: ModelRules) =>
      shelf.addManifest(name, manifest, rules),
    /** A model whose manifest means ill, with the blobs that it needs. @returns its whole name. */
    addHostile(name: string, { manifest, blobs = [] }: HostileManifest) {
      for (const blob of blobs) shelf.addBlob(blob);
      return shelf.addManifest(name, manifest());
    },
    addBlob: (content: Content | Buffer) => shelf.addBlob(content),
    deliver: (digest: string, how: Partial<Delivery>) => shelf.deliver(digest, how),
    /** All of `wrong` happens to each answer that is meant, from now on; so does what was set before. */
    setFault(where: Where, ...wrong: Fault[]): PlannedFault {
      const planned = new PlannedFault(where, wrong);
      faults.push(planned);
      return planned;
    },
    /** Lets go what stalls, too. */
    clearFaults() {
      for (const planned of faults.splice(0)) planned.release();
    },
    expireLinks: (digest?: string) => links.expireAll(digest),
    expireTokens: () => tokens.expireAll(),
    requests: records.requests as readonly RequestRecord[],
    leaks: records.leaks,
    until: records.until.bind(records),
    bytesServed: records.bytesServed.bind(records),
    mostParallel: records.mostParallel.bind(records),
    /** @throws Error when the CDN saw a credential, unless the test has taken it out of `leaks`. */
    async stop() {
      records.stop();
      await Promise.all([closed(registry), closed(cdn)]);
      if (records.leaks.length === 0) return;
      throw new Error(`A credential of the registry reached its CDN: ${records.leaks.map(({ url }) => url)}`);
    },
  };
}

async function listening(host: string, port: number): Promise<Server> {
  // Go closes no idle connection by itself, so neither does this.
  const server = Object.assign(createServer(), { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  const isClosed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await isClosed;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
