import { describe, expect, it } from 'vitest';
import { firstSecret, InternalSecret, secretsIn } from './internal-secret.ts';

const [older, newer] = ['o'.repeat(32), 'n'.repeat(32)];

describe('the secret that our functions know each other by', () => {
  it('may be two while one takes the place of the other', () => {
    expect(InternalSecret.parse(newer)).toBe(newer);
    expect(secretsIn(InternalSecret.parse(`${newer},${older}`))).toEqual([newer, older]);
    expect(firstSecret(`${newer},${older}`)).toBe(newer);
  });

  it.each(['', 'short', `${newer},`, `,${newer}`, `${newer},short`, `${newer},,${older}`])(
    'is none of %j',
    (given) => {
      expect(InternalSecret.safeParse(given).success).toBe(false);
    },
  );
});
