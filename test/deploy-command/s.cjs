#!/usr/bin/env node
// Stands for `s` where tests would wait for it: `s <resource> <command> …` as 3.1.10 prints and ends it, with fc3.cjs
// behind it. One test of release.test.ts holds the real one to the same.
const Fc3 = require('./fc3.cjs');

const [resource, command, ...args] = process.argv.slice(2);
const isJson = args.join(' ').endsWith('-o json');
const inputs = { command, args, props: { functionName: `sublet-${resource}` } };

new Fc3()[command](inputs).then(
  (result) => {
    process.stdout.write(
      `⌛  Steps for [${command}] of [sublet]\n====================\n✔ [${resource}] completed (0s)\n`,
    );
    const printed = isJson ? JSON.stringify(result, null, 2) : String(result);
    process.stdout.write(`\n🚀  Result for [${command}] of [sublet]\n====================\n${printed}\n`);
  },
  (error) => {
    if (isJson) return process.stdout.write(`✔ [${resource}] completed (0s)\n`);
    process.stdout.write(`✖ [${resource}] failed to [${command}]:\n====================\n${error.message}\n`);
    process.exitCode = 101;
  },
);
