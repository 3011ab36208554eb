import type { Limit, Price } from './world.ts';

const MILLION = 1_000_000n;

/** ceil(a × b ÷ c), without loss. */
function ceilOf(a: number, b: number, c: number): number {
  const product = BigInt(a) * BigInt(b);
  const quotient = product / BigInt(c);
  return Number(product > 0n && product % BigInt(c) !== 0n ? quotient + 1n : quotient);
}

/** Rule 18: micro-yuan, from micro-yuan per million tokens. */
export function costOf(price: Price, prompt: number, output: number): number {
  const millionths = BigInt(prompt) * BigInt(price.input) + BigInt(output) * BigInt(price.output);
  return Number((millionths + MILLION - 1n) / MILLION);
}

/** Rule 18: the most output per choice that `room` micro-yuan pays for, after the prompt. */
export function outputFor(price: Price, room: number, prompt: number, choices: number): number {
  const left = BigInt(room) * MILLION - BigInt(prompt) * BigInt(price.input);
  if (price.output === 0) return left >= 0n ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return Number(floorOf(left, BigInt(price.output) * BigInt(choices)));
}

/** Downwards, also below zero. */
const floorOf = (a: bigint, b: bigint) => (a < 0n ? -((-a + b - 1n) / b) : a / b);

const PERIOD_US = 60_000_000;

/** Rule 13: how far `units` move the virtual clock of a rate. */
export const costUs = (limit: Limit, units: number) =>
  units === 0 || limit.amount === 0 ? 0 : ceilOf(units, PERIOD_US, limit.amount);

/** Rule 13: by how much the virtual clock would be too far ahead; what is above 0 is how long to wait. */
export const tooEarlyUs = (limit: Limit, nowUs: number, units: number) =>
  Math.max(limit.tatUs, nowUs) + costUs(limit, units) - (nowUs + PERIOD_US);

export const leftOfRate = (limit: Limit, nowUs: number) =>
  Math.max(0, Math.floor(((nowUs + PERIOD_US - Math.max(limit.tatUs, nowUs)) * limit.amount) / PERIOD_US));
