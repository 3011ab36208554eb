import { type Check, isRecord, valueAt } from './check.ts';
import { triggerRules } from './trigger-rules.ts';

/** What is required of every function's props, beyond the names and types that the API knows. */
export const functionRules: Check = (props, path) =>
  [present, whole, inRange, oneOf, proportioned, named, startsOnTheLayer, triggerRules].flatMap((rule) =>
    rule(props, path),
  );

/** Left out, these get a value that nobody chose, or stay away where we rely on them. */
const REQUIRED = {
  region: 'nothing says where to deploy',
  functionName: 'the function has no name',
  runtime: 'the function has no runtime',
  code: 'there is nothing to run',
  handler: 'the component would fill in a word of its own',
  cpu: 'the component would take 0.35',
  memorySize: 'the component would take 512 MB',
  diskSize: 'the component would take 512 MB',
  timeout: 'the component would take 3 seconds',
  instanceConcurrency: 'the component would take 1, an instance for each open stream',
  'concurrencyConfig.reservedConcurrency': 'nothing would bound the instances',
  role: 'the function could not act for itself in the cloud',
  vpcConfig: 'the database is reached through the VPC alone',
  logConfig: 'nothing that it logs would be kept',
  'customRuntimeConfig.port': 'FC would knock at a port that nobody chose',
} as const;

const present: Check = (props, path) =>
  Object.entries(REQUIRED).flatMap(([prop, otherwise]) =>
    valueAt(props, prop) === undefined ? [`${path}.${prop}: is missing; ${otherwise}`] : [],
  );

/** What a section must say if it is there at all. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  vpcConfig: ['vpcId', 'vSwitchIds', 'securityGroupId'],
  logConfig: ['project', 'logstore'],
  'instanceLifecycleConfig.initializer': ['handler', 'timeout'],
  'instanceLifecycleConfig.preStop': ['handler', 'timeout'],
};

const whole: Check = (props, path) =>
  Object.entries(PARTS).flatMap(([section, parts]) => {
    const value = valueAt(props, section);
    if (!isRecord(value)) return [];
    const absent = parts.filter((part) => value[part] === undefined);
    return absent.map((part) => `${path}.${section}.${part}: is missing`);
  });

/** Least, most, and the step where it is not 1. */
const RANGES: Readonly<Record<string, readonly [number, number, number?]>> = {
  timeout: [1, 86_400],
  instanceConcurrency: [1, 200],
  cpu: [0.05, 16, 0.05],
  memorySize: [128, 32_768, 64],
  // 0 would mean no bound at all.
  'concurrencyConfig.reservedConcurrency': [1, 270],
  'customRuntimeConfig.port': [1, 65_535],
  'customRuntimeConfig.healthCheckConfig.initialDelaySeconds': [0, 120],
  'customRuntimeConfig.healthCheckConfig.periodSeconds': [1, 120],
  'customRuntimeConfig.healthCheckConfig.timeoutSeconds': [1, 3],
  'customRuntimeConfig.healthCheckConfig.failureThreshold': [1, 120],
  'customRuntimeConfig.healthCheckConfig.successThreshold': [1, 120],
  'instanceLifecycleConfig.initializer.timeout': [1, 300],
  'instanceLifecycleConfig.preStop.timeout': [1, 90],
  'asyncInvokeConfig.maxAsyncEventAgeInSeconds': [1, 604_800],
  'asyncInvokeConfig.maxAsyncRetryAttempts': [0, 8],
  idleTimeout: [5, 60],
};

const inRange: Check = (props, path) =>
  Object.entries(RANGES).flatMap(([prop, [least, most, step = 1]]) => {
    const value = valueAt(props, prop);
    if (typeof value !== 'number') return [];
    if (!(value >= least && value <= most)) return [`${path}.${prop}: ${value} is not in ${least}..${most}`];
    return isMultiple(value, step) ? [] : [`${path}.${prop}: ${value} is not a multiple of ${step}`];
  });

// 0.15 / 0.05 is 2.9999999999999996.
const isMultiple = (value: number, step: number) => Math.abs(value / step - Math.round(value / step)) < 1e-9;

const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  // The one that our bundles are built and tried for.
  runtime: ['custom.debian12'],
  diskSize: [512, 10_240],
  'logConfig.logBeginRule': ['None', 'DefaultRegex'],
};

const oneOf: Check = (props, path) =>
  Object.entries(CHOICES).flatMap(([prop, choices]) => {
    const value = valueAt(props, prop);
    return value === undefined || choices.includes(value)
      ? []
      : [`${path}.${prop}: must be ${choices.join(' or ')}`];
  });

const proportioned: Check = (props, path) => {
  const [cpu, memorySize] = [valueAt(props, 'cpu'), valueAt(props, 'memorySize')];
  if (typeof cpu !== 'number' || typeof memorySize !== 'number') return [];
  const gigabytesPerCpu = memorySize / 1024 / cpu;
  if (gigabytesPerCpu >= 1 && gigabytesPerCpu <= 4) return [];
  return [`${path}.memorySize: must be 1 to 4 GB for each CPU, and is ${gigabytesPerCpu.toFixed(2)}`];
};

const named: Check = (props, path) => {
  const name = valueAt(props, 'functionName');
  return typeof name !== 'string' || /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name)
    ? []
    : [`${path}.functionName: must be 1 to 64 letters, digits, _ and -, and not begin with a digit or -`];
};

/** custom.debian12 has no Node.js, and no PATH that would find the layer's. */
const startsOnTheLayer: Check = (props, path) => {
  const command = valueAt(props, 'customRuntimeConfig.command.0');
  const layers = valueAt(props, 'layers');
  const layer = `acs:fc:${valueAt(props, 'region')}:official:layers/Nodejs22/versions/`;
  const findings: string[] = [];
  if (typeof command !== 'string' || !command.startsWith('/opt/nodejs22/'))
    findings.push(`${path}.customRuntimeConfig.command: must be an absolute path below /opt/nodejs22`);
  if (!Array.isArray(layers) || !layers.some((each) => String(each).startsWith(layer)))
    findings.push(`${path}.layers: must have ${layer}<n>, which brings /opt/nodejs22`);
  return findings;
};
