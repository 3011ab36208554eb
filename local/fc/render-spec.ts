// Run by renderer.ts as a child: renders the s.yaml that each message names, in the environment that it brings.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import parseSpec from '@serverless-devs/parse-spec';
import type { Rendered, Wish } from './renderer.ts';

// parse-spec fills what the environment lacks from .env files, of the project and of each code folder.
// On a developer's machine those hold the cloud's addresses and secrets, and a run here would use them.
const dotenv = createRequire(import.meta.resolve('@serverless-devs/parse-spec'))('dotenv');
dotenv.config = () => ({ parsed: {} });

const ofItself = { ...process.env };

process.on('message', async ({ file, environment }: Wish) => {
  for (const name of Object.keys(process.env)) delete process.env[name]; // the last wish's among them
  Object.assign(process.env, ofItself, environment);
  process.send!(await rendered(file));
});

async function rendered(file: string): Promise<Rendered> {
  try {
    process.chdir(dirname(file));
    const { steps } = await new parseSpec.default(file, { argv: [] }).start();
    return {
      resources: steps.map(({ projectName, component, props }) => ({ name: projectName, component, props })),
    };
  } catch (error) {
    const [reason = ''] = String(error).match(/(?<=RuntimeError: ).*/) ?? [String(error)];
    return { reason };
  }
}
