import { describe, expect, it } from 'vitest';
import { hideKeys, hideNamedSecrets } from './secrets-of-others.ts';

const shown = (text: string) => hideNamedSecrets(hideKeys(text));

const PEM = ['-----BEGIN OPENSSH PRIVATE KEY-----', 'b3BlbnNzaC1rZXk', '-----END OPENSSH PRIVATE KEY-----'];

describe('a secret that .env does not have', () => {
  it.each([
    [
      'what the cloud had before, in the difference that the tool shows',
      '\u001b[31m-   INTERNAL_SECRET: the-old-one\u001b[39m\n\u001b[32m+   INTERNAL_SECRET: the-new-one\u001b[39m\n',
      '\u001b[31m-   INTERNAL_SECRET: ******\u001b[39m\n\u001b[32m+   INTERNAL_SECRET: ******\u001b[39m\n',
    ],
    ['an address with a password', "  DATABASE_URL: 'postgres://u:p@h/d'\n", '  DATABASE_URL: ******\n'],
    ['one in JSON', '{"REGION":"r","KEY_PEPPER":"old","A":1}\n', '{"REGION":"r","KEY_PEPPER":******\n'],
    ['one with spaces', 'LOBECHAT_JWKS_KEY: {"keys": []}\n', 'LOBECHAT_JWKS_KEY: ******\n'],
  ])('is not shown: %s', (_, printed, expected) => {
    expect(shown(printed)).toBe(expected);
  });

  it('is not shown: a key over several lines', () => {
    const printed = ['key: |', ...PEM.map((line) => `    ${line}`), 'port: 9000', ''].join('\n');
    expect(shown(printed)).toBe('key: |\n    ******\nport: 9000\n');
  });

  it('is not shown: a certificate’s key in JSON', () => {
    expect(shown(`"privateKey": "${PEM.join('\\n')}",\n"certName": "c"\n`)).toBe(
      '"privateKey": "******",\n"certName": "c"\n',
    );
  });

  it('is not shown: a key of which the end is not printed', () => {
    expect(shown(`a\n${PEM[0]}\n${PEM[1]}\n`)).toBe('a\n******');
  });

  it('is no other variable, and no name without a value', () => {
    const printed = 'REGION: cn-hangzhou\nOLLAMA_KEEP_ALIVE: 5m\nMETRICS_TOKEN:\nport: 9000\n';
    expect(shown(printed)).toBe(printed);
  });
});
