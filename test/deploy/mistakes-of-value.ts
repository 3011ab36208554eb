import { GONE, type Mistake, TIMER, TRIGGER } from './mistake.ts';

const CHECK = 'customRuntimeConfig.healthCheckConfig';
const LAYER = 'acs:fc:cn-hangzhou:official:layers/Nodejs22/versions/';

export const wrongValues: Mistake[] = [
  [
    'a timeout of 0',
    { timeout: 0 },
    'timeout: 0 is not in 1..86400',
    'timeout: must be longer than TOTAL_TIMEOUT_MS, which is 1800 s',
  ],
  ['a timeout of two days', { timeout: 172_800 }, 'timeout: 172800 is not in 1..86400'],
  [
    'a timeout that cuts answers',
    { timeout: 1800 },
    'timeout: must be longer than TOTAL_TIMEOUT_MS, which is 1800 s',
  ],
  ['half a second', { timeout: 1900.5 }, 'timeout: 1900.5 is not a multiple of 1'],
  ['too many calls at once', { instanceConcurrency: 201 }, 'instanceConcurrency: 201 is not in 1..200'],
  ['a cpu between the steps', { cpu: 0.33 }, 'cpu: 0.33 is not a multiple of 0.05'],
  ['memory between the steps', { memorySize: 1000 }, 'memorySize: 1000 is not a multiple of 64'],
  [
    'too little memory for the cpu',
    { memorySize: 448 },
    'memorySize: must be 1 to 4 GB for each CPU, and is 0.88',
  ],
  [
    'too much memory for the cpu',
    { memorySize: 2112 },
    'memorySize: must be 1 to 4 GB for each CPU, and is 4.13',
  ],
  ['a disk that is not sold', { diskSize: 1024 }, 'diskSize: must be 512 or 10240'],
  [
    'a long start',
    { 'instanceLifecycleConfig.initializer.timeout': 301 },
    'instanceLifecycleConfig.initializer.timeout: 301 is not in 1..300',
  ],
  [
    'a long end',
    { 'instanceLifecycleConfig.preStop.timeout': 91 },
    'instanceLifecycleConfig.preStop.timeout: 91 is not in 1..90',
  ],
  ['a patient health check', { [CHECK]: { timeoutSeconds: 4 } }, `${CHECK}.timeoutSeconds: 4 is not in 1..3`],
  [
    'no bound in fact',
    { 'concurrencyConfig.reservedConcurrency': 0 },
    'concurrencyConfig.reservedConcurrency: 0 is not in 1..270',
  ],
  ['another runtime', { runtime: 'custom.debian11' }, 'runtime: must be custom.debian12 or custom-container'],
  [
    'a name that begins with a digit',
    { functionName: '1router' },
    'functionName: must be 1 to 64 letters, digits, _ and -, and not begin with a digit or -',
  ],
  [
    'a command that only a PATH finds',
    { 'customRuntimeConfig.command': ['node'] },
    'customRuntimeConfig.command: must be an absolute path below /opt/nodejs22',
  ],
  ['no layer', { layers: GONE }, `layers: must have ${LAYER}<n>, which brings /opt/nodejs22`],
  [
    'the layer of another region',
    { layers: [`${LAYER.replace('hangzhou', 'beijing')}3`] },
    `layers: must have ${LAYER}<n>, which brings /opt/nodejs22`,
  ],
  [
    'no preflight',
    { [`${TRIGGER}.methods`]: ['GET', 'POST'] },
    `${TRIGGER}.methods: must have OPTIONS; FC would answer preflights in our place`,
  ],
  ['an unknown method', { [`${TRIGGER}.methods.5`]: 'QUERY' }, `${TRIGGER}.methods: no method QUERY`],
  [
    'an unknown way in',
    { [`${TRIGGER}.authType`]: 'none' },
    `${TRIGGER}.authType: must be anonymous, function or jwt`,
  ],
  [
    'an unknown type of trigger',
    { 'triggers.0.triggerType': 'https' },
    'triggers.0.triggerType: must be one of http, timer, oss, log, mns_topic, cdn_events, eventbridge',
    'triggers: must have one http trigger, and has 0',
  ],
  [
    'a second http trigger',
    { 'triggers.1': { triggerName: 'http2', triggerType: 'http', triggerConfig: {} } },
    'triggers: must have one http trigger, and has 2',
  ],
  [
    'two triggers of one name',
    { 'triggers.1.triggerName': 'http' },
    "triggers.1.triggerName: http is another trigger's name",
  ],
  ...['0 * * * *', '@every 1 minute', 'CRON_TZ=Asia/Atlantis 0 * * * * *'].map(
    (cronExpression): Mistake => [
      `a time that is none, ${cronExpression}`,
      { [`${TIMER}.cronExpression`]: cronExpression },
      `${TIMER}.cronExpression: must be @every <n>s, m or h, or six fields from seconds to day of week, perhaps after CRON_TZ=<zone>`,
    ],
  ),
];

export const wrongVariables: Mistake[] = [
  [
    'one that FC keeps to itself',
    { 'environmentVariables.FC_CUSTOM_LISTEN_PORT': '9000' },
    "environmentVariables.FC_CUSTOM_LISTEN_PORT: names that begin with FC_ are FC's own",
  ],
  [
    'one that nothing reads',
    { 'environmentVariables.DATABASE_URI': 'x' },
    'environmentVariables.DATABASE_URI: the function does not read it',
  ],
  [
    'one that the catalog cannot name',
    { 'environmentVariables.UPSTREAM_a': 'x' },
    'environmentVariables.UPSTREAM_a: the function does not read it',
  ],
  [
    'one that the function would refuse',
    { 'environmentVariables.DATABASE_MAX_CONNECTIONS': 'many' },
    'environmentVariables.DATABASE_MAX_CONNECTIONS: Invalid input: expected number, received NaN',
  ],
];
