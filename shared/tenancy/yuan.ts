import { Refusal } from './refusal.ts';

const MICRO = 1_000_000n;
const FORM = /^(\d{1,12})(?:\.(\d{1,6}))?$/;

/**
 * Yuan as people write them, in micro-yuan, exactly: never by way of a fraction in floating point.
 *
 * @throws Refusal
 */
export function readYuan(text: string): number {
  const [, whole, fraction = ''] = FORM.exec(text) ?? [];
  if (whole === undefined) {
    throw new Refusal('invalid', `'${text}' is no sum of yuan: write 12 or 0.5, with at most 6 decimals.`);
  }
  const micro = BigInt(whole) * MICRO + BigInt(fraction.padEnd(6, '0'));
  if (micro > 2n ** 53n) throw new Refusal('invalid', `${text} yuan are more than can be counted exactly.`);
  return Number(micro);
}

/** Micro-yuan as yuan, with two decimals or as many more as it takes. */
export function showYuan(micro: number): string {
  const digits = BigInt(Math.abs(micro)).toString().padStart(7, '0');
  const [whole, fraction] = [digits.slice(0, -6), digits.slice(-6)];
  return `${micro < 0 ? '-' : ''}${whole}.${fraction.replace(/0{1,4}$/, '')}`;
}
