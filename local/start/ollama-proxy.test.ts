import { describe, expect, it } from 'vitest';
import { ollamaProxyStandIn } from './ollama-proxy.ts';

/** Any program that is everywhere. */
const SH = '/bin/sh';

describe('ollama-proxy on this machine', () => {
  it('runs where an Ollama is named for it', () => {
    expect(ollamaProxyStandIn({}, '/data')).toBeUndefined();
    expect(ollamaProxyStandIn({ OLLAMA_COMMAND: '' }, '/data')).toBeUndefined();
    expect(ollamaProxyStandIn({ OLLAMA_COMMAND: SH }, '/data')?.environment).toMatchObject({
      OLLAMA_COMMAND: '["/bin/sh","serve"]',
      OLLAMA_HOME: '/data/ollama',
    });
  });

  it('takes a list of words for a command as it is, and finds its program', () => {
    const given = { OLLAMA_COMMAND: '["sh","-c","ollama serve"]', PATH: '/nowhere:/bin' };
    expect(ollamaProxyStandIn(given, '/data')?.environment?.OLLAMA_COMMAND).toBe(given.OLLAMA_COMMAND);
  });

  it.each([
    ['/nowhere/ollama', 'OLLAMA_COMMAND names /nowhere/ollama, which is no program here.'],
    ['no-such-ollama', 'OLLAMA_COMMAND names no-such-ollama, which is no program here.'],
    ['["', 'OLLAMA_COMMAND is neither a program nor a JSON list of strings.'],
    ['[]', 'OLLAMA_COMMAND is neither a program nor a JSON list of strings.'],
  ])('is refused at once when it cannot be: %s', (OLLAMA_COMMAND, reason) => {
    expect(() => ollamaProxyStandIn({ OLLAMA_COMMAND, PATH: '/bin' }, '/data')).toThrow(reason);
  });

  it('has the settings of whoever starts it that are its own, and no others', () => {
    const own = { OLLAMA_NUM_PARALLEL: '2', MODELS_TO_LOAD: 'm', CUDA_VISIBLE_DEVICES: '0' };
    const others = { OLLAMA_DEBUG: '1', OLLAMA_HOST: '0.0.0.0', INTERNAL_SECRET: 'x', OLLAMA_MODELS: '/x' };
    const { environment } = ollamaProxyStandIn({ OLLAMA_COMMAND: SH, ...own, ...others }, '/data')!;
    expect(environment).toMatchObject(own);
    for (const name of Object.keys(others)) expect(environment).not.toHaveProperty(name);
  });
});
