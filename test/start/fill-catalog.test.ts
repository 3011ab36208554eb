import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Database } from '#shared/db/database.ts';
import { fillCatalog, offerProxy } from '../../local/start/fill-catalog.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';

const URL = 'http://ollama';
const aCatalog = async () => connectedTo(await aDatabaseUrl());
const tell = (database: Database, statement: string) =>
  database.write((db) => db.execute(sql.raw(statement)));
interface Offer {
  contextTokens?: number | undefined;
  leftOut?: string[];
  url?: string;
  isOwn?: boolean;
}

const offer = (
  database: Database,
  names: string[],
  { leftOut = [] as string[], url = URL, isOwn = true, ...said }: Offer = {},
) => {
  const { contextTokens } = { contextTokens: 100, ...said };
  const known = contextTokens === undefined ? {} : { contextTokens };
  const models = names.map((name) => ({ name, capabilities: ['completion'], ...known }));
  return database.write((db) => fillCatalog(db, [{ url, models, leftOut }], { isOwn }));
};
/** Each model but the agent, with its context and its routes. */
const listed = async (database: Database) =>
  Array.from(
    await tell(
      database,
      `select m.name, context_tokens as context,
              to_jsonb(array(select u.name || ' ' || r.upstream_model from routes r join upstreams u on u.id = r.upstream_id
                     where r.model = m.name order by 1)) as routes
         from models m where m.name <> 'custom-agent' order by m.name`,
    ),
  );
const enterOther = (database: Database, model: string, upstreamModel: string) =>
  tell(
    database,
    `insert into upstreams (name, backend, address) values ('other', 'openai', 'https://other/v1') on conflict do nothing;
     insert into models (name, context_tokens) values ('${model}', 7) on conflict do nothing;
     insert into routes (model, upstream_id, upstream_model)
          select '${model}', id, '${upstreamModel}' from upstreams where name = 'other'`,
  );

describe('the catalog after a start', () => {
  it('has nothing of an Ollama that only an earlier start named', async () => {
    const database = await aCatalog();
    await offer(database, ['both', 'only there']);
    await offer(database, ['both'], { url: 'http://another' });
    expect(await listed(database)).toEqual([
      { name: 'both', context: 100, routes: ['ollama http://another both'] },
    ]);
  });

  it('keeps it where the database is shared: somebody else may have named it', async () => {
    const database = await aCatalog();
    await offer(database, ['theirs']);
    await offer(database, ['ours'], { url: 'http://another', isOwn: false });
    expect((await listed(database)).map(({ name }) => name)).toEqual(['ours', 'theirs']);
  });

  it('takes a model that has a price off the list while it is gone, and puts it back', async () => {
    const database = await aCatalog();
    const status = () => tell(database, `select status from models where name = 'sold'`);
    await offer(database, ['sold']);
    await tell(database, `insert into prices (model, version, input, output) values ('sold', 1, 1, 1)`);
    await offer(database, []);
    expect([...(await status())]).toEqual([{ status: 'disabled' }]);
    await offer(database, ['sold']);
    expect([...(await status())]).toEqual([{ status: 'active' }]);
  });

  it('has each model of an Ollama that it has today, and no model that is gone', async () => {
    const database = await aCatalog();
    await offer(database, ['stays', 'goes', 'mute']);
    await offer(database, ['stays'], { leftOut: ['mute'] });
    expect(await listed(database)).toEqual([
      { name: 'mute', context: 100, routes: [`ollama ${URL} mute`] },
      { name: 'stays', context: 100, routes: [`ollama ${URL} stays`] },
    ]);
  });

  it('still has what somebody has said of an Ollama’s model, and learns what nobody has', async () => {
    const database = await aCatalog();
    const told = () =>
      tell(
        database,
        `select kind, to_jsonb(capabilities) as capabilities, context_tokens as context, description from models where name = 'm'`,
      );
    await offer(database, ['m'], { contextTokens: undefined });
    await tell(
      database,
      `update models set kind = 'embedding', capabilities = '{vision}', description = 'ours' where name = 'm'`,
    );
    await offer(database, ['m'], { contextTokens: 200 });
    const said = { kind: 'embedding', capabilities: ['vision'], description: 'ours' };
    expect([...(await told())]).toEqual([{ ...said, context: 200 }]);
    await tell(database, `update models set context_tokens = 9 where name = 'm'`);
    await offer(database, ['m'], { contextTokens: 300 });
    expect([...(await told())]).toEqual([{ ...said, context: 9 }]);
  });

  it('has what ollama-proxy offers while it runs, by a credential that signs', async () => {
    const database = await aCatalog();
    const models = [{ name: 'pulled', capabilities: [], contextTokens: 100 }];
    const found = { url: 'http://proxy', models, leftOut: [], slots: 3 };
    const start = (hasProxy: boolean) =>
      database.write((db) => fillCatalog(db, [], { isOwn: true, hasProxy }));
    await start(true);
    await database.write((db) => offerProxy(db, found));
    const kept = { name: 'pulled', context: 100, routes: ['ollama-proxy pulled'] };
    expect(await listed(database)).toEqual([kept]);
    const rows = await tell(
      database,
      `select backend, address, credential, slots from upstreams where name = 'ollama-proxy'`,
    );
    expect([...rows]).toEqual([
      {
        backend: 'ollama',
        address: 'env:UPSTREAM_OLLAMA_PROXY_URL',
        credential: 'signed:env:UPSTREAM_OLLAMA_PROXY_SECRET',
        slots: 3,
      },
    ]);
    await start(true);
    expect(await listed(database)).toEqual([kept]);
    await start(false);
    expect(await listed(database)).toEqual([]);
  });

  it('still has somebody else’s model of the same name as it was', async () => {
    const database = await aCatalog();
    await enterOther(database, 'same', 'their-same');
    await offer(database, ['same']);
    expect(await listed(database)).toEqual([{ name: 'same', context: 7, routes: ['other their-same'] }]);
  });

  it('still has what somebody else made of an Ollama’s model', async () => {
    const database = await aCatalog();
    await offer(database, ['shared']);
    await enterOther(database, 'shared', 'theirs');
    await tell(database, `update models set context_tokens = 9 where name = 'shared'`);
    await offer(database, ['shared']);
    const kept = { name: 'shared', context: 9 };
    expect(await listed(database)).toEqual([{ ...kept, routes: [`ollama ${URL} shared`, 'other theirs'] }]);
    await offer(database, []);
    expect(await listed(database)).toEqual([{ ...kept, routes: ['other theirs'] }]);
  });

  it('still has a name that somebody else gave to a model of an Ollama', async () => {
    const database = await aCatalog();
    await offer(database, ['big']);
    await tell(
      database,
      `insert into models (name) values ('fast');
       insert into routes (model, upstream_id, upstream_model)
            select 'fast', id, 'gone' from upstreams where name = 'ollama ${URL}'`,
    );
    await offer(database, ['big']);
    expect((await listed(database)).map((model) => model.name)).toEqual(['big', 'fast']);
  });

  it('has a route again that somebody deleted', async () => {
    const database = await aCatalog();
    await offer(database, ['m']);
    await tell(database, `delete from routes where model = 'm'`);
    await offer(database, ['m']);
    expect(await listed(database)).toEqual([{ name: 'm', context: 100, routes: [`ollama ${URL} m`] }]);
  });

  it('has an upstream’s address as somebody has changed it', async () => {
    const database = await aCatalog();
    await offer(database, ['m']);
    await tell(database, `update upstreams set address = 'http://moved' where backend = 'ollama'`);
    await offer(database, ['m']);
    const rows = await tell(database, `select address from upstreams where backend = 'ollama'`);
    expect(Array.from(rows)).toEqual([{ address: 'http://moved' }]);
  });
});
