import process from 'node:process';
import fc from 'fast-check';

/**
 * Properties draw the same examples in every run, so that a tree is right or wrong whoever looks at it: `FC_SEED=<number>`
 * draws others, and what fails there becomes a test of its own.
 */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_261_122) });
