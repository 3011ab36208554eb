import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Bundle, findingsIn, renderBundle } from './bundle.ts';
import { valueAt } from './check.ts';
import { exampleEnvironment, ROOT, S_YAML } from './example-environment.ts';
import { edited } from './mistake.ts';
import * as form from './mistakes-of-form.ts';
import * as value from './mistakes-of-value.ts';

let bundle: Bundle;
beforeAll(async () => {
  bundle = await renderBundle(S_YAML, exampleEnvironment());
});

describe('s.yaml', () => {
  it('says nothing that FC does not know, and everything that FC would choose otherwise', () => {
    expect(Object.keys(bundle)).toEqual(['custom-agent', 'router']);
    expect(findingsIn(bundle)).toEqual([]);
  });

  it('starts files that the build makes', () => {
    for (const [name, { props }] of Object.entries(bundle)) {
      const args = valueAt(props, 'customRuntimeConfig.args') as string[];
      expect(args.at(-1)).toBe('/code/server.mjs');
      expect(existsSync(join(ROOT, String(props.code), 'server.mjs')), name).toBe(true);
    }
  });

  it('keeps custom-agent off the Internet', () => {
    expect(valueAt(bundle, 'custom-agent.props.triggers.0.triggerConfig.disableURLInternet')).toBe(true);
  });

  it('has the router sweep each minute', () => {
    expect(valueAt(bundle, 'router.props.triggers.1')).toEqual({
      triggerName: 'sweep',
      triggerType: 'timer',
      triggerConfig: { enable: true, cronExpression: '@every 1m', payload: 'sweep' },
    });
  });

  it('lets the router show custom-agent the secret that it wants to see', () => {
    const shown = valueAt(bundle, 'router.props.environmentVariables.UPSTREAM_CUSTOM_AGENT_KEY');
    expect(shown).toBe(valueAt(bundle, 'custom-agent.props.environmentVariables.INTERNAL_SECRET'));
    expect(shown).toHaveLength(64);
  });
});

describe('planted in the router of s.yaml, it is found:', () => {
  describe.each([
    ['an unknown name', form.unknownNames],
    ['a value of the wrong type', form.wrongTypes],
    ['nothing, where something is needed', form.missing],
    ['a value that FC refuses or we do not want', value.wrongValues],
    ['a variable', value.wrongVariables],
  ])('%s:', (_, mistakes) => {
    const named = mistakes.map(([title, edits, ...findings]) => ({ title, edits, findings }));
    it.each(named)('$title', ({ edits, findings }) => {
      const inRouter = Object.entries(edits).map(([path, value]) => [`router.props.${path}`, value]);
      expect(findingsIn(edited(bundle, Object.fromEntries(inRouter)))).toEqual(
        findings.map((finding) => `router.props.${finding}`),
      );
    });
  });
});

describe('planted in the bundle,', () => {
  it.each([
    [
      'more connections than the database takes',
      { 'router.props.concurrencyConfig.reservedConcurrency': 27 },
      ['all functions together: 81 connections to the database, of which there are 80'],
    ],
    [
      'more instances than a region has',
      { 'custom-agent.props.concurrencyConfig.reservedConcurrency': 251 },
      ['all functions together: 271 instances, of which there are 270'],
    ],
    [
      'more variables than FC takes',
      { 'router.props.environmentVariables.UPSTREAM_X': 'x'.repeat(4096) },
      [
        expect.stringMatching(
          /^router\.props\.environmentVariables: FC takes 4096 bytes .* these are \d{4}$/,
        ),
      ],
    ],
    ['a resource that is no function', { 'router.component': 'oss' }, ['router.component: must be fc3']],
    [
      'a variable of another function',
      { 'custom-agent.props.environmentVariables.DATABASE_URL': 'x' },
      ['custom-agent.props.environmentVariables.DATABASE_URL: the function does not read it'],
    ],
  ])('%s is found', (_, edits, findings) => {
    expect(findingsIn(edited(bundle, edits))).toEqual(findings);
  });
});

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
      "'3'",
      '3',
      ['router.props.environmentVariables.DATABASE_MAX_CONNECTIONS: must be a string, not a number'],
    ],
    [
      'no quotes around a default',
      "'3'",
      `\${env('NOT_SET', 2)}`,
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
  await writeFile(file, edit(await readFile(S_YAML, 'utf8')));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return file;
}
