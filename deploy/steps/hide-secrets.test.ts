import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hideSecrets } from './hide-secrets.ts';

const PEPPER = '0123456789abcdef';
const ENVIRONMENT = {
  KEY_PEPPER: PEPPER,
  REGION: 'cn-hangzhou',
  METRICS_TOKEN: '',
  LOBECHAT_AUTH_SECRET: 'short',
  INTERNAL_SECRET: 'newer-secret,older-secret',
};

function shownOf(pieces: string[]): string {
  let shown = '';
  const { show, end } = hideSecrets(ENVIRONMENT, (text) => {
    shown += text;
  });
  for (const piece of pieces) show(piece);
  end();
  return shown;
}

describe('what the tool prints', () => {
  it('is shown without the values of secrets, and otherwise as it is', () => {
    expect(shownOf([`KEY_PEPPER: ${PEPPER}\nREGION: cn-hangzhou\nshort`])).toBe(
      'KEY_PEPPER: ******\nREGION: cn-hangzhou\nshort',
    );
  });

  it('is shown without either of two secrets, one of which takes the place of the other', () => {
    expect(shownOf(['A: newer-secret\nB: older-secret\nC: newer-secret,older-secret\n'])).toBe(
      'A: ******\nB: ******\nC: ******\n',
    );
  });

  it('is shown without what the cloud had before it, and without a certificate’s key', () => {
    const key = '-----BEGIN PRIVATE KEY-----\n    MIIEvQ\n    -----END PRIVATE KEY-----';
    expect(shownOf(['-   KEY_PEPPER: the-old-one\n', ...`key: |\n    ${key}\nport: 1\n`])).toBe(
      '-   KEY_PEPPER: ******\nkey: |\n    ******\nport: 1\n',
    );
  });

  it('is so in whatever pieces it comes', () => {
    const text = `one\nseen: ${PEPPER}, ${PEPPER}\n\ntwo ${PEPPER}`;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), text.length];
        const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
        expect(shownOf(pieces)).toBe(text.replaceAll(PEPPER, '******'));
      }),
    );
  });
});
