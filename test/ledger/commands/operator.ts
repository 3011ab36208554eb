import fc from 'fast-check';
import postgres from 'postgres';
import { expectAgreement } from '../agree.ts';
import { adoptWindows, limitRow, priceRow } from '../enter.ts';
import { costUs } from '../model/arithmetic.ts';
import { currentWindow, isRate, type Status } from '../model/world.ts';
import { observe } from '../observe.ts';
import { pick, type Scene } from '../scene.ts';
import { command } from './command.ts';

/** Up, down, to nothing. A child above its parent may be refused where it is written. */
export const setAmount = command(
  'amount',
  fc.tuple(fc.nat(30), fc.constantFrom(0, 0.2, 0.5, 0.9, 1.5, 3)),
  async (scene, [k, factor]) => {
    const { world, log } = scene;
    const limit = pick(
      [...world.limits.values()].filter(({ retired }) => !retired),
      k,
    );
    if (!limit) return;
    const amount = Math.floor(limit.amount * factor) + (factor > 1 ? 1 : 0);
    const done = await written(scene, `update limits set amount = ${amount} where id = ${limit.id}`);
    log(`amount of ${limit.id}: ${limit.amount} → ${amount}${done ? '' : ' (refused)'}`, '');
    if (done) {
      limit.amount = amount;
      const window = currentWindow(limit);
      window.peak = Math.max(window.peak, amount);
    }
    expectAgreement(world, await observe(scene));
  },
);

export const setStatus = command(
  'status',
  fc.tuple(fc.constantFrom('keys', 'consumers', 'models'), fc.nat(9), fc.nat(3).map(Boolean), fc.boolean()),
  async ({ ledger, world, log }, [table, k, on, other]) => {
    const thing = pick<{ status: Status; id?: number; name?: string }>([...world[table].values()], k)!;
    const off =
      table === 'keys' && other ? 'revoked' : table === 'consumers' && other ? 'retired' : 'disabled';
    thing.status = on ? 'active' : off;
    const where = table === 'models' ? `name = '${thing.name}'` : `id = ${thing.id}`;
    log(`${table} ${where}: ${thing.status}`, '');
    await ledger.sql.unsafe(`update ${table} set status = '${thing.status}' where ${where}`).simple();
  },
);

export const setPrice = command(
  'price',
  fc.record({ k: fc.nat(9), input: fc.constantFrom(0, 1, 333_333, 5e6), output: fc.constantFrom(0, 7, 4e6) }),
  async ({ ledger, world, log }, { k, input, output }) => {
    const { name, prices } = pick([...world.models.values()], k)!;
    const price = { version: (prices.at(-1)?.version ?? 0) + 1, input, output };
    prices.push(price);
    log(`price of ${name}`, price);
    await ledger.sql.unsafe(priceRow(name, price)).simple();
  },
);

/** A limit is retired and, perhaps, another one put in its place: that counts from now. */
export const replaceLimit = command(
  'replace',
  fc.tuple(fc.nat(30), fc.boolean()),
  async (scene, [k, again]) => {
    const { ledger, world, log } = scene;
    const limit = pick(
      [...world.limits.values()].filter(({ retired }) => !retired),
      k,
    );
    if (!limit) return;
    limit.retired = true;
    log(`limit ${limit.id} is retired`, '');
    await ledger.sql.unsafe(`update limits set retired_at = ledger_now() where id = ${limit.id}`).simple();
    if (!again) return;
    const next = {
      ...limit,
      id: Math.max(...world.limits.keys()) + 1,
      retired: false,
      windows: [],
      tatUs: 0,
    };
    if (isRate(limit)) next.tatUs = 0;
    if (!(await written(scene, limitRow(next)))) return;
    log(`limit ${next.id} in its place`, '');
    world.limits.set(next.id, next);
    await adoptWindows(ledger, world);
  },
);

export const setTimeZone = command(
  'zone',
  fc.tuple(fc.nat(9), fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu', 'Africa/Cairo')),
  async ({ ledger, world, log }, [k, timeZone]) => {
    const consumer = pick([...world.consumers.values()], k)!;
    consumer.timeZone = timeZone;
    log(`consumer ${consumer.id} lives in ${timeZone}`, '');
    await ledger.sql
      .unsafe(`update consumers set time_zone = '${timeZone}' where id = ${consumer.id}`)
      .simple();
  },
);

/** A failover to a standby that had not heard of a hold: the row and what it took are gone. */
export const loseHold = command('lose', fc.nat(50), async (scene, k) => {
  const { ledger, world, log } = scene;
  const hold = pick([...world.holds.values()], k);
  if (!hold || hold.forced) return;
  log(`the database lost ${hold.id}`, '');
  const statements = [`delete from holds where request_id = '${hold.id}'`];
  for (const { limit, window, amount } of hold.lines) {
    if (isRate(limit)) {
      const us = costUs(limit, amount);
      limit.tatUs -= us;
      statements.push(`update limits set tat_us = tat_us - ${us} where id = ${limit.id}`);
      continue;
    }
    window.held -= amount;
    const start = `us(starts_at) = ${window.startUs}`;
    statements.push(
      `update limits set held = held - ${amount} where id = ${limit.id} and ${start}`,
      `update windows set held = held - ${amount} where limit_id = ${limit.id} and ${start}`,
    );
  }
  await ledger.sql.unsafe(statements.join(';')).simple();
  world.holds.delete(hold.id);
  world.lost.set(hold.id, hold);
  expectAgreement(world, await observe(scene));
});

/** False when a constraint of the database refused it. */
async function written({ ledger }: Scene, statement: string): Promise<boolean> {
  try {
    await ledger.sql.unsafe(statement).simple();
    return true;
  } catch (error) {
    if (error instanceof postgres.PostgresError && /^(23|P0)/.test(error.code)) return false;
    throw error;
  }
}
