import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { Caller } from '../helpers/chaos-caller.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet } from '../helpers/chaos-fleet.ts';
import { aDatabaseUrl } from '../helpers/database.ts';

/** A way to a server that counts who is on it. */
async function aCountingWay(target: { host: string; port: number }) {
  const seen = { most: 0 };
  let open = 0;
  const server = createServer((near) => {
    open += 1;
    seen.most = Math.max(seen.most, open);
    const far = connect(target);
    near.on('error', () => {}).on('close', () => far.destroy());
    far.on('error', () => {}).on('close', () => near.destroy());
    near.once('close', () => {
      open -= 1;
    });
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => void server.close());
  return { seen, port: (server.address() as AddressInfo).port };
}

describe('routers full of callers who come at once', () => {
  it('never have more connections to the database than instances times the size of a pool', async () => {
    const databaseUrl = await aDatabaseUrl();
    const way = await aCountingWay({ host: '127.0.0.1', port: Number(new URL(databaseUrl).port) });
    const fleet = await aFleet({ databaseUrl, viaPort: way.port, callersPerInstance: 20 });
    const tenant = await fleet.tenant();
    for (const round of ['one', 'two', 'three']) {
      const callers = Array.from({ length: 60 }, (_, index) => {
        const script = { call: `${round}-${index}`, says: 1, gate: round, more: 1 };
        return new Caller(tenant, { script, heldBack: true });
      });
      await eventually(() => fleet.router.instances.map(({ inFlight }) => inFlight)).toEqual([20, 20, 20]);
      for (const caller of callers) caller.send();
      await Promise.all(callers.map(({ answered }) => answered));
      fleet.stage.open(round);
      await Promise.all(callers.map(({ ended }) => ended));
      expect(callers.map(({ status }) => status)).toEqual(Array(60).fill(200));
    }
    const poolSize = Number(fleet.router.environment.DATABASE_MAX_CONNECTIONS);
    expect(way.seen.most).toBeGreaterThan(fleet.router.instances.length); // else the way has counted nothing
    expect(way.seen.most).toBeLessThanOrEqual(fleet.router.instances.length * poolSize);
  }, 120_000);
});
