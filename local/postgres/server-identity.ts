import postgres from 'postgres';
import type { Cluster } from './cluster.ts';
import { withConnection } from './connection.ts';

/** What answers on a port: the server of our cluster, something else for good, or nothing so far. */
export type Answer = { from: 'ours' } | { from: 'stranger' | 'nobody'; reason: string };

const WRONG_PASSWORD = '28P01';

export async function whoAnswers(port: number, { password, dataDirectory }: Cluster): Promise<Answer> {
  try {
    const [row] = await withConnection(serverUrl(port, password), (sql) => sql`show data_directory`);
    const its = row?.data_directory;
    return its === dataDirectory ? { from: 'ours' } : { from: 'stranger', reason: `its data are in ${its}` };
  } catch (error) {
    const { message: reason } = error as Error;
    const isFinal = error instanceof postgres.PostgresError && error.code === WRONG_PASSWORD;
    return { from: isFinal ? 'stranger' : 'nobody', reason };
  }
}

export function serverUrl(port: number, password: string, database = 'postgres'): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}
