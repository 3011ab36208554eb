import { asc, eq } from 'drizzle-orm';
import type { Drizzle } from '#shared/db/database.ts';
import { models } from '#shared/db/schema.ts';

export interface OfferedModel {
  name: string;
  kind: 'chat' | 'embedding';
}

/** Asks the gateway itself, so that what is announced has been seen to work; undefined when the key is refused. */
export async function modelsForKey(url: string, key: string): Promise<OfferedModel[] | undefined> {
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  if (response.status === 401) return undefined;
  if (!response.ok)
    throw new Error(`The gateway does not answer as it should: ${response.status} ${await response.text()}`);
  const { data } = (await response.json()) as { data: { id: string; type: OfferedModel['kind'] }[] };
  return data.map(({ id, type }) => ({ name: id, kind: type }));
}

/** What there is for a key that works. */
export const modelsInCatalog = (db: Drizzle): Promise<OfferedModel[]> =>
  db
    .select({ name: models.name, kind: models.kind })
    .from(models)
    .where(eq(models.status, 'active'))
    .orderBy(asc(models.name));

/** The model to begin with: the agent that is always there, or any other that chats. */
export function firstToTry(offered: readonly OfferedModel[]): string | undefined {
  const chatting = offered.filter((model) => model.kind === 'chat').map((model) => model.name);
  return chatting.includes('custom-agent') ? 'custom-agent' : chatting[0];
}
