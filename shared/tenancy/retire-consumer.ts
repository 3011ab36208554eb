import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { type Consumer, readConsumer } from './consumer.ts';
import { called, type Named } from './grants.ts';
import { lockTree } from './lock-tree.ts';
import { Refusal } from './refusal.ts';

interface Retired {
  consumer: Consumer;
  /** The consumers below it that were retired, and the keys that were revoked. */
  alsoEnded: Named[];
}

/**
 * Ends a consumer for good. It stays in the tree, since receipts and limits refer to it.
 *
 * @param options.recursive ends all below it, too; else nothing may be left below it
 * @throws Refusal
 */
export function retireConsumer(
  db: Drizzle,
  id: number,
  { recursive }: { recursive: boolean },
): Promise<Retired> {
  return db.transaction(async (tx) => {
    await lockTree(tx, id);
    const { name } = await readConsumer(tx, id);
    const left = await notEndedBelow(tx, id);
    if (left.length > 0 && !recursive) throw stillThere(name, id, left);
    await tx.execute(sql`
      update keys set status = 'revoked'
       where status <> 'revoked' and consumer_id in (select id from consumers where ${id} = any (path))`);
    await tx.execute(
      sql`update consumers set status = 'retired' where ${id} = any (path) and status <> 'retired'`,
    );
    return { consumer: await readConsumer(tx, id), alsoEnded: left };
  });
}

function notEndedBelow(tx: Drizzle, id: number): Promise<Named[]> {
  return tx.execute<Named>(sql`
    select 'consumer' as kind, id, name from consumers
     where ${id} = any (path) and id <> ${id} and status <> 'retired'
     union all
    select 'key', k.id, k.name from keys k join consumers c on c.id = k.consumer_id
     where ${id} = any (c.path) and k.status <> 'revoked'
     order by kind, id`);
}

function stillThere(name: string, id: number, left: Named[]): Refusal {
  const shown = left.slice(0, 5).map(called).join(', ');
  const more = left.length > 5 ? ` and ${left.length - 5} more` : '';
  return new Refusal(
    'wrong_state',
    `Consumer '${name}' (${id}) still has ${shown}${more}. End them first, or retire it with all that is below it.`,
  );
}
