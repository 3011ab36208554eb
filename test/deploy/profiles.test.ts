import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useOf } from '../../deploy/connections/uses.ts';
import { checkEnvironment } from '../../deploy/environment/check-environment.ts';
import { type LobeChat, PROFILES, type Profile } from '../../deploy/environment/profiles.ts';
import { variablesOf } from '../../deploy/environment/variables.ts';
import { type Bundle, findingsIn, renderBundle } from './bundle.ts';
import { valueAt } from './check.ts';
import { exampleEnvironment, fileOf, ROOT } from './example-environment.ts';

const profiles = Object.keys(PROFILES) as Profile[];
const images: LobeChat[] = ['2', '1', 'none'];
const choices = profiles.flatMap((profile) => images.map((lobechat) => ({ profile, lobechat })));

const rendered = (profile: Profile, lobechat: LobeChat = '2', more: Record<string, string> = {}) =>
  renderBundle(fileOf(profile), { ...exampleEnvironment(profile, lobechat), ...more });

const FUNCTIONS = {
  small: ['custom-agent', 'console', 'router'],
  gpu: ['custom-agent', 'model-pull', 'ollama-proxy', 'console', 'router'],
  gpus: ['custom-agent', 'model-pull', 'ollama-proxy', 'ollama-proxy-b', 'console', 'router'],
};

describe.each(choices)('the profile $profile with LobeChat $lobechat', ({ profile, lobechat }) => {
  it('deploys what it is for, callers last, from an environment that is checked', async () => {
    const environment = exampleEnvironment(profile, lobechat);
    expect(checkEnvironment(profile, environment)).toEqual({ problems: [], notes: [] });
    const bundle = await renderBundle(fileOf(profile), environment);
    const front = lobechat === 'none' ? [] : ['lobechat'];
    expect(Object.keys(bundle)).toEqual([...FUNCTIONS[profile], ...front]);
    expect(findingsIn(bundle)).toEqual([]);
    // Who gets a database is counted among those who connect to it.
    for (const [name, { props }] of Object.entries(bundle))
      expect([name, useOf(name, props) !== undefined]).toEqual([
        name,
        valueAt(props, 'environmentVariables.DATABASE_URL') !== undefined,
      ]);
  });
});

describe('a variable that is not there', () => {
  it('has a default exactly where it may be absent', () => {
    const text = [
      ...profiles.map(fileOf),
      ...['1', '2'].map((image) => join(ROOT, `profiles/lobechat-${image}.yaml`)),
    ]
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    for (const [name, schema] of Object.entries(variablesOf({ profile: 'gpus', lobechat: '2' }))) {
      const uses = [...text.matchAll(new RegExp(`env\\('${name}'(, '[^']*')?\\)`, 'g'))];
      const isNeeded = !schema.safeParse(undefined).success;
      expect({ name, defaults: uses.filter(([, given]) => given).length }).toEqual({
        name,
        defaults: isNeeded ? 0 : uses.length,
      });
    }
  });

  it.each<[string, Profile, LobeChat]>([
    ['REGION', 'small', 'none'],
    ['NAS_SERVER', 'gpu', 'none'],
    ['OLLAMA_PROXY_IMAGE', 'gpu', 'none'],
    ['VSWITCH_ID_B', 'gpus', 'none'],
    ['LOBECHAT_IMAGE', 'small', '1'],
    ['LOBECHAT_JWKS_KEY', 'small', '2'],
  ])('ends the deploy: %s (%s, LobeChat %s)', async (name, profile, lobechat) => {
    const { [name]: _taken, ...rest } = exampleEnvironment(profile, lobechat);
    expect(checkEnvironment(profile, rest).problems).toEqual([`${name}: is missing`]);
    await expect(renderBundle(fileOf(profile), rest)).rejects.toThrow(`env('${name}') not found`);
  });
});

it('asks a small bundle for nothing that only a GPU needs', () => {
  const names = Object.keys(variablesOf({ profile: 'small', lobechat: 'none' }));
  expect(
    names.filter((name) => /^(NAS|GPU|PULL|MODEL_(?!PULL_URL)|OLLAMA_(?!PROXY_URL))/.test(name)),
  ).toEqual([]);
});

describe('several GPU functions', () => {
  it('stand in two zones, each with an address of its own at the router', async () => {
    const bundle = await rendered('gpus', 'none');
    const zone = (name: string) => valueAt(bundle, `${name}.props.vpcConfig.vSwitchIds`) as string[];
    expect(zone('ollama-proxy')).toHaveLength(1);
    expect(zone('ollama-proxy-b')).toHaveLength(1);
    expect(zone('router')).toEqual([...zone('ollama-proxy'), ...zone('ollama-proxy-b')]);
    expect(new Set(zone('router')).size).toBe(2);
    const { OLLAMA_PROXY_B_URL } = exampleEnvironment('gpus');
    expect(valueAt(bundle, 'router.props.environmentVariables.UPSTREAM_OLLAMA_PROXY_B_URL')).toBe(
      OLLAMA_PROXY_B_URL,
    );
  });

  it('differ in their names and places alone, and keep more idle instances by day', async () => {
    const bundle = await rendered('gpus', 'none', { GPU_INSTANCES: '3', GPU_IDLE_INSTANCES_BY_DAY: '2' });
    const [one, other] = ['ollama-proxy', 'ollama-proxy-b'].map((name) => {
      const { functionName: _1, description: _2, vpcConfig: _3, ...rest } = bundle[name]!.props;
      return rest;
    });
    expect(other).toEqual(one);
    const targets = valueAt(one, 'provisionConfig.scheduledActions') as { target: number }[];
    expect(targets.map(({ target }) => target)).toEqual([2, 0]);
  });
});

describe('a domain', () => {
  const named = { ROUTER_DOMAIN: 'llm.example.com', ROUTER_QUALIFIER: 'live' };
  const domain = (bundle: Bundle) => valueAt(bundle, 'router.props.customDomain');

  it('is the router’s when it is named, by the alias that is named with it', async () => {
    const bundle = await rendered('small', 'none', named);
    expect(domain(bundle)).toEqual({
      domainName: 'llm.example.com',
      protocol: 'HTTP',
      route: { path: '/*', qualifier: 'live' },
    });
    expect(findingsIn(bundle)).toEqual([]);
  });

  it('keeps HTTP shut once it is to', async () => {
    const bundle = await rendered('small', 'none', { ...named, ROUTER_DOMAIN_PROTOCOL: 'HTTPS' });
    expect(domain(bundle)).toMatchObject({ protocol: 'HTTPS' });
    expect(findingsIn(bundle)).toEqual([]);
  });

  it('is nobody’s when it is not', async () => {
    expect(domain(await rendered('small', 'none', { ROUTER_DOMAIN: '' }))).toEqual({});
  });
});
