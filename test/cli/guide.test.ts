import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { models } from '#shared/db/schema.ts';
import { FakeModelPull, SECRET } from '../fakes/model-pull/fake-model-pull.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { tenancyOf } from '../helpers/tenancy.ts';

const GUIDE = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

const NEEDS_A_FILE_OR_A_CALL = /^(usage receipt|catalog apply|models pull mine)/;

it('what the guide shows can be done, from the first line to the last, beside what npm start has made', async () => {
  const url = await aDatabaseUrl();
  const database = connectedTo(url);
  await database.write((db) => db.insert(models).values({ name: 'custom-agent' }));
  const first = await tenancyOf(database).consumer('local');
  await tenancyOf(database).key(first.id);

  const store = await new FakeModelPull().start();
  onTestFinished(() => store.stop());
  const sublet = new Sublet(url, { MODEL_PULL_URL: store.url, INTERNAL_SECRET: SECRET });

  const commands = [...GUIDE.matchAll(/^npm run sublet -- ([^>\n]*)/gm)].map((match) => match[1]!.trim());
  expect(commands.length).toBeGreaterThan(12);
  for (const command of commands.filter((each) => !NEEDS_A_FILE_OR_A_CALL.test(each))) {
    const { code, stderr } = await sublet.run(...command.split(' '));
    expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' });
  }
}, 120_000);
