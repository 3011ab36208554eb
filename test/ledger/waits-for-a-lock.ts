import type postgres from 'postgres';

/** Until the work is done, or has come to where it must wait for this transaction to end. */
export async function waitsForALock(
  transaction: postgres.TransactionSql,
  work: Promise<unknown>,
): Promise<void> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  while (!isDone) {
    const [row] = await transaction<{ waiting: boolean }[]>`
      select exists (select from pg_locks where not granted) as waiting`;
    if (row!.waiting) return;
  }
}
