import { secretsIn } from '#shared/credential/internal-secret.ts';
import { acrossLobechat } from './across-lobechat.ts';
import { CARDS, standsBeside } from './cards.ts';
import type { Choice } from './profiles.ts';

export type Sound = Readonly<Record<string, string | undefined>>;

/** What one variable says against another. `sound` are those that are right by themselves; `malformed` are known to be wrong. */
export function acrossVariables(choice: Choice, sound: Sound, malformed: ReadonlySet<string>): string[] {
  const findings = [
    ...pairs(sound),
    ...secrets(sound),
    ...addresses(sound),
    ...idle(sound),
    ...(choice.profile === 'small' ? [] : ofModels(sound)),
    ...(choice.lobechat === 'none' ? [] : acrossLobechat(choice.lobechat, sound)),
  ];
  // One problem a variable: the next may be gone with it.
  return findings
    .filter(([name, , against]) => ![name, against].some((each) => each !== undefined && malformed.has(each)))
    .map(([name, problem]) => `${name}: ${problem}`);
}

/** What may be so, and is hardly meant. */
export function wasteIn({ ROUTER_IDLE_INSTANCES, ROUTER_QUALIFIER = 'LATEST' }: Sound): string[] {
  if (Number(ROUTER_IDLE_INSTANCES ?? 0) === 0 || ROUTER_QUALIFIER === 'LATEST') return [];
  return [
    'ROUTER_IDLE_INSTANCES: is for the function as it stands, which callers by the alias of ROUTER_QUALIFIER do not meet: ' +
      'it is paid for in vain. Say 0; docs/upgrade.md says how the alias keeps some.',
  ];
}

/** The variable, what is wrong, and the one that it was held against, where its being malformed would decide. */
export type Finding = readonly [name: string, problem: string, against?: string];

const PAIRS = [
  ['IMAGE_ACCESS_KEY_ID', 'IMAGE_ACCESS_KEY_SECRET'],
  ['MODEL_ACCESS_KEY_ID', 'MODEL_ACCESS_KEY_SECRET'],
] as const;

const pairs = (sound: Sound): Finding[] =>
  PAIRS.flatMap(([one, other]) => [
    ...(sound[one] && !sound[other] ? [[other, `is missing beside ${one}`] as const] : []),
    ...(sound[other] && !sound[one] ? [[one, `is missing beside ${other}`] as const] : []),
  ]);

/** Who reads /metrics must not be able to sign as the router, nor whoever signs to try keys. */
function secrets(sound: Sound): Finding[] {
  const names = ['KEY_PEPPER', 'INTERNAL_SECRET', 'METRICS_TOKEN'];
  return names.flatMap((name, index) => {
    const same = names.slice(0, index).find((before) => isShared(sound[name], sound[before]));
    return same ? [[name, `must not be ${same}`] as const] : [];
  });
}

/** Each may be several, as INTERNAL_SECRET is while it is changed. */
const isShared = (one = '', other = '') =>
  one !== '' && secretsIn(one).some((secret) => secretsIn(other).includes(secret));

const INTERNAL = ['CUSTOM_AGENT_URL', 'MODEL_PULL_URL', 'OLLAMA_PROXY_URL', 'OLLAMA_PROXY_B_URL'];

/** Our functions are closed to the Internet: at their public address they answer 403. */
const addresses = (sound: Sound): Finding[] =>
  INTERNAL.filter((name) => {
    const { hostname } = new URL(sound[name] ?? 'http://nowhere');
    const region = sound.REGION ?? '';
    return hostname.endsWith('.fcapp.run') && !hostname.endsWith(`${region}-vpc.fcapp.run`);
  }).map((name) => [name, 'must be the address inside the region: system_intranet_url, with -vpc']);

/** Idle instances, how many there may be at most, and how many that is where nothing is said. */
const BOUNDS = [
  ['ROUTER_IDLE_INSTANCES', 'ROUTER_INSTANCES', 16],
  ['GPU_IDLE_INSTANCES', 'GPU_INSTANCES', 1],
  ['GPU_IDLE_INSTANCES_BY_DAY', 'GPU_INSTANCES', 1],
] as const;

const idle = (sound: Sound): Finding[] =>
  BOUNDS.filter(([few, many, usual]) => Number(sound[few] ?? 0) > Number(sound[many] ?? usual)).map(
    ([few, many]) => [few, `must not be more than ${many}`, many],
  );

function ofModels(sound: Sound): Finding[] {
  const findings: Finding[] = [];
  if (sound.VSWITCH_ID_B && sound.VSWITCH_ID_B === sound.VSWITCH_ID)
    findings.push(['VSWITCH_ID_B', 'must be another than VSWITCH_ID, in another zone']);
  if (sound.PULL_SOURCE === 'mirror' && !mirrors(sound.MODEL_BUCKETS))
    findings.push(['PULL_SOURCE', 'must be registry; MODEL_BUCKETS has no mirror', 'MODEL_BUCKETS']);
  return [...findings, ...cardFindings(sound)];
}

const mirrors = (buckets = '[]') =>
  (JSON.parse(buckets) as { use?: string[] }[]).some(({ use = [] }) => use.includes('mirror'));

function cardFindings(sound: Sound): Finding[] {
  // Those of s.yaml, where nothing is said.
  const { GPU_TYPE = 'fc.gpu.tesla.1', GPU_MEMORY_MB = '16384', GPU_CPU = '8', GPU_RAM_MB = '32768' } = sound;
  const card = CARDS[GPU_TYPE]!;
  const findings: Finding[] = [];
  if (Number(GPU_MEMORY_MB) !== card.memoryGb * 1024)
    findings.push([
      'GPU_MEMORY_MB',
      `must be ${card.memoryGb * 1024}: ${GPU_TYPE} is sold whole`,
      'GPU_TYPE',
    ]);
  if (!card.beside[Number(GPU_CPU)])
    findings.push([
      'GPU_CPU',
      `must be ${Object.keys(card.beside).join(' or ')} beside ${GPU_TYPE}`,
      'GPU_TYPE',
    ]);
  else if (!standsBeside(card, Number(GPU_CPU), Number(GPU_RAM_MB)))
    findings.push([
      'GPU_RAM_MB',
      `must be what FC sells beside ${GPU_TYPE} and so many CPUs (docs/deploy.md)`,
      'GPU_TYPE',
    ]);
  return findings;
}
