import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serverAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { type Cluster, prepareCluster } from './cluster.ts';
import { aDirectory } from './fixture.ts';
import { makeHome } from './home.ts';
import { launch } from './launch.ts';
import { stopServer } from './server-process.ts';

const FLAGS = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];

async function aCluster(): Promise<Cluster> {
  const home = await makeHome(await aDirectory());
  const account = await serverAccount(null);
  const binaries = await findBinaries(account);
  return await prepareCluster({ home, dataDirectory: join(home, 'data'), account, binaries, durable: false });
}

async function portsOf(count: number, { taken }: { taken: number }): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports: number[] = [];
  for (const [i, server] of servers.entries()) {
    ports.push((server.address() as { port: number }).port);
    const close = () => new Promise((resolve) => server.close(resolve));
    if (i < taken) onTestFinished(async () => void (await close()));
    else await close();
  }
  return ports;
}

describe('a port that was free a moment ago', { timeout: 60_000 }, () => {
  it('is given up for another when somebody was faster', async () => {
    const cluster = await aCluster();
    const ports = await portsOf(3, { taken: 2 });
    const queue = [...ports];
    const server = await launch(cluster, FLAGS, async () => queue.shift()!);
    onTestFinished(() => stopServer(server));
    expect(server.port).toBe(ports[2]);
  });

  it('is not tried for ever', async () => {
    const cluster = await aCluster();
    const [port] = await portsOf(1, { taken: 1 });
    const start = launch(cluster, FLAGS, async () => port!);
    await expect(start).rejects.toThrow('Address already in use');
  });
});
