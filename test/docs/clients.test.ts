import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aGateway, type TestGateway, theCustomAgent } from '../helpers/gateway.ts';
import { blocksOf, ROOT, textOf } from './guides.ts';

const EXAMPLES = blocksOf(textOf('docs/connect.md'), ['js']);
const GREETING = 'I am the custom agent of this gateway';

let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  gateway = await aGateway();
  await theCustomAgent(gateway.database);
  folder = await mkdtemp(join(tmpdir(), 'sublet-docs-'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(EXAMPLES.map((example) => [/from '([^']+)'/.exec(example)![1]!, example]))(
  'the example with %s in docs/connect.md works as it stands there',
  async (_client, example) => {
    const file = join(folder, 'example.mjs');
    await writeFile(file, example);
    const env = { PATH: process.env.PATH, GATEWAY: gateway.url, KEY: gateway.key };
    const { stdout } = await promisify(execFile)(process.execPath, [file], { env, timeout: 25_000 });
    expect(stdout).toContain(GREETING);
  },
);

it('there is an example for each of the usual clients', () => {
  expect(EXAMPLES).toHaveLength(5);
});
