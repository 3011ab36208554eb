import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Bundle, findingsIn, renderBundle } from './bundle.ts';
import { valueAt } from './check.ts';
import { isContainer } from './container-rules.ts';
import { exampleEnvironment, ROOT, S_YAML } from './example-environment.ts';

let bundle: Bundle;
beforeAll(async () => {
  bundle = await renderBundle(S_YAML, exampleEnvironment());
});

describe('s.yaml', () => {
  it('says nothing that FC does not know, and everything that FC would choose otherwise', () => {
    expect(Object.keys(bundle)).toEqual([
      ...['custom-agent', 'model-pull', 'ollama-proxy', 'console', 'router', 'lobechat'],
    ]);
    expect(findingsIn(bundle)).toEqual([]);
  });

  it('starts files that the build makes', () => {
    for (const [name, { props }] of Object.entries(bundle)) {
      if (isContainer(props)) continue; // starts what its Dockerfile has put there
      const args = valueAt(props, 'customRuntimeConfig.args') as string[];
      expect(args.at(-1)).toBe('/code/server.mjs');
      expect(existsSync(join(ROOT, String(props.code), 'server.mjs')), name).toBe(true);
    }
  });

  it.each(['custom-agent', 'model-pull', 'ollama-proxy', 'console'])('keeps %s off the Internet', (name) => {
    expect(valueAt(bundle, `${name}.props.triggers.0.triggerConfig.disableURLInternet`)).toBe(true);
  });

  it.each(['custom-agent', 'ollama-proxy'])('lets %s answer for as long as the router may', (name) => {
    const [own, router] = [name, 'router'].map((each) => Number(valueAt(bundle, `${each}.props.timeout`)));
    expect(own).toBeGreaterThanOrEqual(router!);
  });

  it('gives both functions one store, and that is the NAS', () => {
    const [writes, reads] = ['model-pull', 'ollama-proxy'].map((name) => [
      valueAt(bundle, `${name}.props.environmentVariables.OLLAMA_MODELS`),
      valueAt(bundle, `${name}.props.nasConfig`),
    ]);
    expect(writes).toEqual(reads);
    expect(writes![0]).toBe(valueAt(writes![1], 'mountPoints.0.mountDir'));
  });

  it('has the router sweep each minute', () => {
    expect(valueAt(bundle, 'router.props.triggers.1')).toEqual({
      triggerName: 'sweep',
      triggerType: 'timer',
      triggerConfig: { enable: true, cronExpression: '@every 1m', payload: 'sweep' },
    });
  });

  it('runs the image as the user that the NAS knows, and has models for the Ollama in it', async () => {
    const image = await readFile(join(ROOT, 'functions/ollama-proxy/Dockerfile'), 'utf8');
    const { userId, groupId } = valueAt(bundle, 'ollama-proxy.props.nasConfig') as Record<string, number>;
    expect(image).toContain(`\nUSER ${userId}:${groupId}\n`);
    const version = valueAt(bundle, 'model-pull.props.environmentVariables.OLLAMA_VERSION');
    expect(image).toContain(`\nARG OLLAMA_VERSION=${version}\n`);
  });

  it.each([
    ['custom-agent', 'UPSTREAM_CUSTOM_AGENT_KEY'],
    ['ollama-proxy', 'UPSTREAM_OLLAMA_PROXY_SECRET'],
    ['model-pull', 'INTERNAL_SECRET'],
  ])('lets the router show %s the secret that it wants to see', (name, variable) => {
    const shown = valueAt(bundle, `router.props.environmentVariables.${variable}`);
    expect(shown).toBe(valueAt(bundle, `${name}.props.environmentVariables.INTERNAL_SECRET`));
    expect(shown).toHaveLength(64);
  });

  it('may be without a GPU function, and without a way to pull', async () => {
    const environment = { ...exampleEnvironment(), OLLAMA_PROXY_URL: '', MODEL_PULL_URL: '' };
    expect(findingsIn(await renderBundle(S_YAML, environment))).toEqual([]);
  });

  it.each([
    ['fc.gpu.ampere.1', '24576', '16', '32768'],
    ['fc.gpu.ada.1', '49152', '8', '65536'],
  ])('may have the card %s', async (GPU_TYPE, GPU_MEMORY_MB, GPU_CPU, GPU_RAM_MB) => {
    const card = { GPU_TYPE, GPU_MEMORY_MB, GPU_CPU, GPU_RAM_MB };
    expect(findingsIn(await renderBundle(S_YAML, { ...exampleEnvironment(), ...card }))).toEqual([]);
  });
});

/** Of the router, which has a pepper besides. */
const THREE = "DATABASE_MAX_CONNECTIONS: '3'\n        KEY_PEPPER";

describe('planted in the text of s.yaml,', () => {
  it.each([
    [
      'a letter too few',
      'instanceConcurrency: 100',
      'instanceConcurency: 100',
      [
        'router.props.instanceConcurency: is unknown, so it would be dropped without a word',
        'router.props.instanceConcurrency: is missing; the component would take 1, an instance for each open stream',
      ],
    ],
    [
      'no quotes',
      THREE,
      THREE.replaceAll("'", ''),
      ['router.props.environmentVariables.DATABASE_MAX_CONNECTIONS: must be a string, not a number'],
    ],
    [
      'no quotes around a default',
      THREE,
      THREE.replace("'3'", `\${env('NOT_SET', 2)}`),
      ['router.props.environmentVariables.DATABASE_MAX_CONNECTIONS: must be a string, not a number'],
    ],
  ])('%s is found', async (_, right, wrong, findings) => {
    const file = await anSYaml((text) => text.replace(right, wrong));
    expect(findingsIn(await renderBundle(file, exampleEnvironment()))).toEqual(findings);
  });
});

describe('a variable that s.yaml asks for', () => {
  it.each([
    ['is not there', 'DATABASE_URL', undefined],
    ['is empty', 'KEY_PEPPER', ''],
  ])('ends the deploy when it %s', async (_, name, value) => {
    const { [name]: _taken, ...rest } = exampleEnvironment();
    const file = await anSYaml((text) => text, { '.env': `${name}=from-a-dot-env\n` });
    const rendering = renderBundle(file, value === undefined ? rest : { ...rest, [name]: value });
    await expect(rendering).rejects.toThrow(`env('${name}') not found`);
  });
});

async function anSYaml(edit: (text: string) => string, files: Record<string, string> = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sublet-s-yaml-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 's.yaml');
  await cp(join(ROOT, 'profiles'), join(directory, 'profiles'), { recursive: true });
  await writeFile(file, edit(await readFile(S_YAML, 'utf8')));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return file;
}
