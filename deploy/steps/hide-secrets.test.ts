import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hideSecrets } from './hide-secrets.ts';

const PEPPER = '0123456789abcdef';
const ENVIRONMENT = {
  KEY_PEPPER: PEPPER,
  REGION: 'cn-hangzhou',
  METRICS_TOKEN: '',
  LOBECHAT_AUTH_SECRET: 'short',
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

  it('is so in whatever pieces it comes', () => {
    const text = `one\nKEY_PEPPER: ${PEPPER}, ${PEPPER}\n\ntwo ${PEPPER}`;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), text.length];
        const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
        expect(shownOf(pieces)).toBe(text.replaceAll(PEPPER, '******'));
      }),
    );
  });
});
