import { describe, expect, it } from 'vitest';
import { parseModelName } from '#shared/protocol/registry/model-name.ts';
import { DEFAULT_REGISTRIES, Registries, registryOf } from './registries.ts';

const read = (entries: unknown) => Registries.safeParse(JSON.stringify(entries));

describe('the setting of registries', () => {
  it('takes origins, alone or with where they redirect to', () => {
    const entries = [
      'https://registry.example/',
      { origin: 'http://10.0.0.5:5000', redirects: ['http://10.0.0.6:9000'] },
    ];
    expect(read(entries).data).toEqual([
      { origin: 'https://registry.example', redirects: [] },
      { origin: 'http://10.0.0.5:5000', redirects: ['http://10.0.0.6:9000'] },
    ]);
  });

  it.each([
    ['no list', {}],
    ['no address', ['registry.example']],
    ['another scheme', ['ftp://registry.example']],
    ['a path', ['https://registry.example/v2']],
    ['a password', ['https://who:what@registry.example']],
    ['a registry twice', ['https://registry.example', 'http://registry.example']],
    ['an unknown word', [{ origin: 'https://registry.example', insecure: true }]],
  ])('refuses %s', (_what, entries) => expect(read(entries).success).toBe(false));

  it('refuses what is no JSON', () => expect(Registries.safeParse('https://x.example').success).toBe(false));
});

describe('the registry of a name', () => {
  const registries = Registries.parse(DEFAULT_REGISTRIES);
  const of = (name: string) => registryOf(parseModelName(name), registries).origin;

  it.each([
    ['llama3', 'https://registry.ollama.ai'],
    ['hf.co/org/repo:Q4_K_M', 'https://hf.co'],
    ['HF.co/org/repo', 'https://hf.co'],
    ['http://modelscope.cn/org/repo', 'https://modelscope.cn'],
  ])('%s is %s', (name, origin) => expect(of(name)).toBe(origin));

  it.each(['evil.example/a/b', 'localhost:5000/a/b', 'hf.co:444/a/b', '169.254.169.254/a/b'])(
    '%s has none that is listed',
    (name) => expect(() => of(name)).toThrow('not offered here; registries are registry.ollama.ai, hf.co'),
  );
});
