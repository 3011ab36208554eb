import { asyncRules } from './async-rules.ts';
import { type Check, chosen, isRecord, type Ranges, ranged, required, valueAt } from './check.ts';
import { containerRules, isContainer } from './container-rules.ts';
import { nasRules } from './nas-rules.ts';
import { onTheRuntime } from './runtime-rules.ts';
import { scalingRules } from './scaling-rules.ts';

/** What is required of every function's props, beyond the names and types that the API knows; but for its triggers. */
export const functionRules: Check = (props, path) =>
  [
    ...[present, whole, inRange, oneOf, named, asyncRules, scalingRules, nasRules],
    ...(isContainer(props) ? [containerRules] : [onTheRuntime]),
  ].flatMap((rule) => rule(props, path));

/** Left out, these get a value that nobody chose, or stay away where we rely on them. */
const REQUIRED = {
  region: 'nothing says where to deploy',
  functionName: 'the function has no name',
  runtime: 'the function has no runtime',
  cpu: 'the component would take 0.35',
  memorySize: 'the component would take 512 MB',
  diskSize: 'the component would take 512 MB',
  timeout: 'the component would take 3 seconds',
  instanceConcurrency: 'the component would take 1, an instance for each open stream',
  'concurrencyConfig.reservedConcurrency': 'nothing would bound the instances',
  role: 'the function could not act for itself in the cloud',
  vpcConfig: 'the database is reached through the VPC alone',
  logConfig: 'nothing that it logs would be kept',
} as const;

const present = required(REQUIRED);

/** What a section must say if it is there at all. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  vpcConfig: ['vpcId', 'vSwitchIds', 'securityGroupId'],
  logConfig: ['project', 'logstore'],
  'instanceLifecycleConfig.initializer': ['handler', 'timeout'],
  'instanceLifecycleConfig.preStop': ['handler', 'timeout'],
  nasConfig: ['userId', 'groupId', 'mountPoints'],
};

const whole: Check = (props, path) =>
  Object.entries(PARTS).flatMap(([section, parts]) => {
    const value = valueAt(props, section);
    if (!isRecord(value)) return [];
    const absent = parts.filter((part) => value[part] === undefined);
    return absent.map((part) => `${path}.${section}.${part}: is missing`);
  });

const RANGES: Ranges = {
  timeout: [1, 86_400],
  instanceConcurrency: [1, 200],
  // 0 would mean no bound at all.
  'concurrencyConfig.reservedConcurrency': [1, 270],
  'customRuntimeConfig.port': [1, 65_535],
  'customContainerConfig.port': [1, 65_535],
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

const inRange = ranged(RANGES);

const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  // The one that our bundles are built and tried for.
  runtime: ['custom.debian12', 'custom-container'],
  'logConfig.logBeginRule': ['None', 'DefaultRegex'],
};

const oneOf = chosen(CHOICES);

const named: Check = (props, path) => {
  const name = valueAt(props, 'functionName');
  return typeof name !== 'string' || /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name)
    ? []
    : [`${path}.functionName: must be 1 to 64 letters, digits, _ and -, and not begin with a digit or -`];
};
