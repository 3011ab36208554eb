import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { InternalServerError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDatabaseUrl } from '../helpers/database.ts';
import { limitsOf, receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { whileAdmitted } from '../helpers/stalled-ledger.ts';
import { aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let bridge: Awaited<ReturnType<typeof aBridge>>;

beforeAll(async () => {
  const databaseUrl = await aDatabaseUrl();
  bridge = await aBridge(Number(new URL(databaseUrl).port));
  gateway = await aServedGateway({ databaseUrl, viaPort: bridge.port });
});

/** The router's only way to its database. */
async function aBridge(port: number) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  const open = (at: number) => once(server.listen(at, '127.0.0.1'), 'listening');
  await open(0);
  const { port: near } = server.address() as AddressInfo;
  const breakDown = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  afterAll(breakDown);
  return { port: near, breakDown, mend: () => open(near) };
}

const call = ({ client }: Tenant) => client.chat.completions.create(ask('ollama/tiny'));

async function expectNotReady(refused: Promise<unknown>): Promise<InternalServerError> {
  const error = await thrownBy(refused);
  expect(error).toBeInstanceOf(InternalServerError);
  expect(error).toMatchObject({ status: 503, code: 'gateway_not_ready', type: 'server_error', param: null });
  const { headers } = error as InternalServerError;
  expect(Number(headers!.get('retry-after-ms'))).toBeGreaterThan(0);
  expect(Number(headers!.get('retry-after'))).toBeGreaterThan(0);
  expect(headers!.get('x-should-retry')).not.toBe('false');
  return error as InternalServerError;
}

describe('while the database is away', () => {
  it('nothing is served that could not be accounted for, and all is well when it is back', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/day=5'] });
    await call(tenant);
    const asked = gateway.fake.requests.length;
    bridge.breakDown();
    await expectNotReady(call(tenant));
    await expectNotReady(limitsOf(tenant));
    await expectNotReady(receiptOf(tenant, `req_${'0'.repeat(32)}`));
    expect(gateway.fake.requests).toHaveLength(asked);
    await bridge.mend();
    await call(tenant);
    expect(await limitsOf(tenant)).toMatchObject([{ used: 2, held: 0 }]);
  });

  it('a call that was authenticated is refused when its admission cannot be written, and holds nothing', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=9000'] });
    const asked = gateway.fake.requests.length;
    const { result } = await whileAdmitted(
      gateway,
      tenant,
      () => expectNotReady(call(tenant)),
      (_, refused) => {
        bridge.breakDown();
        return refused;
      },
    );
    await bridge.mend();
    await expect
      .poll(() => receiptOf(tenant, result.requestID).catch(() => undefined), { timeout: 10_000 })
      .toMatchObject({ status: 'released', final: true, reason: 'not_admitted', admitted_at: null });
    expect(await limitsOf(tenant)).toMatchObject([{ used: 0, held: 0, left: 9000 }]);
    expect(gateway.fake.requests).toHaveLength(asked);
  });
});
