// Run by read-spec.ts as a child: node render-spec.ts <s.yaml> <output file>
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import parseSpec from '@serverless-devs/parse-spec';

const [file = '', output = ''] = process.argv.slice(2);

// parse-spec fills what the environment lacks from .env files, of the project and of each code folder.
// On a developer's machine those hold the cloud's addresses and secrets, and a run here would use them.
const dotenv = createRequire(import.meta.resolve('@serverless-devs/parse-spec'))('dotenv');
dotenv.config = () => ({ parsed: {} });

try {
  const { steps } = await new parseSpec.default(file, { argv: [] }).start();
  const resources = steps.map(({ projectName, component, props }) => ({
    name: projectName,
    component,
    props,
  }));
  writeFileSync(output, JSON.stringify(resources));
} catch (error) {
  const [reason = ''] = String(error).match(/(?<=RuntimeError: ).*/) ?? [String(error)];
  process.stderr.write(reason);
  process.exitCode = 1;
}
