import process from 'node:process';
import { assertNode22 } from '../local/assert-node.ts';
import { subletProgram } from './program.ts';
import { run } from './run.ts';

assertNode22();
await run(subletProgram(), process.argv.slice(2));
