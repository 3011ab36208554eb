#!/usr/bin/env node
// Stands for `s` where tests would wait for it: `s <resource> <command> …` and `s deploy …` as 3.1.10 prints and ends
// them, with fc3.cjs behind it. One test each of release.test.ts and deploy.test.ts hold the real one to the same.
const Fc3 = require('./fc3.cjs');

const [first, ...rest] = process.argv.slice(2);
// Without a resource a command is for all that the file has, who is called before who calls.
const ALL = { 's-migration.yaml': ['migration'], 's-small.yaml': ['custom-agent', 'console', 'router'] };
const resources = first === 'deploy' ? ALL[rest[rest.indexOf('-t') + 1]] : [first];
const [command, ...args] = first === 'deploy' ? [first, ...rest] : rest;
const isJson = args.join(' ').endsWith('-o json');

async function each() {
  let result;
  for (const resource of resources) {
    const props = { functionName: `sublet-${resource}`, code: `./dist/${resource}` };
    result = await new Fc3()[command]({ command, args, props });
  }
  return result;
}

each().then(
  (result) => {
    process.stdout.write(
      `⌛  Steps for [${command}] of [sublet]\n====================\n✔ [${resources}] completed (0s)\n`,
    );
    const printed = isJson ? JSON.stringify(result, null, 2) : String(result);
    process.stdout.write(`\n🚀  Result for [${command}] of [sublet]\n====================\n${printed}\n`);
  },
  (error) => {
    if (isJson) return process.stdout.write(`✔ [${resources}] completed (0s)\n`);
    process.stdout.write(
      `✖ [${resources}] failed to [${command}]:\n====================\n${error.message}\n`,
    );
    process.exitCode = 101;
  },
);
