import { GONE, type Mistake } from './mistake.ts';

const LOBECHAT = 'lobechat.props';
const VARIABLES = `${LOBECHAT}.environmentVariables`;
const IDLE = 'ollama-proxy.props.provisionConfig';

const evening = {
  name: 'evening',
  startTime: '2026-01-01T00:00:00',
  endTime: '2099-01-01T00:00:00',
  scheduleExpression: 'cron(0 0 20 * * *)',
  timeZone: 'Asia/Shanghai',
  target: 0,
};

const scheduled = (actions: object[]) => ({
  [`${IDLE}.mode`]: 'async',
  [`${IDLE}.scheduledActions`]: actions,
});

export const ofSchedules: Mistake[] = [
  [
    'a deploy that waits for the night, by day',
    { [`${IDLE}.scheduledActions`]: [evening] },
    `${IDLE}.mode: must be async; a deploy would wait for as many as at rest`,
  ],
  [
    'a mode that the component does not know, and takes for async',
    { [`${IDLE}.mode`]: 'snyc' },
    `${IDLE}.mode: must be sync or async`,
  ],
  [
    'no word on how many',
    { 'router.props.provisionConfig': GONE },
    'router.props.provisionConfig: is missing; a number set in the console would be taken back at each deploy',
  ],
  [
    'more than there may be, at times',
    scheduled([{ ...evening, target: 2 }]),
    `${IDLE}.scheduledActions.0.target: must be 0 to 1, the most instances that there may be`,
  ],
  [
    'times of an unknown zone',
    scheduled([{ ...evening, timeZone: undefined }]),
    `${IDLE}.scheduledActions.0.timeZone: must be a string, not nothing`,
    `${IDLE}.scheduledActions.0.timeZone: is missing; the times would be those of UTC`,
  ],
  [
    'times of no period',
    scheduled([{ ...evening, endTime: undefined }]),
    `${IDLE}.scheduledActions.0.endTime: must be a string, not nothing`,
    `${IDLE}.scheduledActions.0.endTime: is missing; nothing says that FC does without`,
  ],
  ...['0 0 20 * * *', 'cron(0 20 * * *)', 'cron(@daily)'].map(
    (scheduleExpression): Mistake => [
      `times that are none, ${scheduleExpression}`,
      scheduled([{ ...evening, scheduleExpression }]),
      `${IDLE}.scheduledActions.0.scheduleExpression: must be cron(…) with six fields`,
    ],
  ),
  ['one name twice', scheduled([evening, evening]), `${IDLE}.scheduledActions.1.name: is another action's`],
];

/** Names of 1.x at which 2.x ends, and which nothing reads there. */
const OLD = [
  'NEXT_AUTH_SSO_PROVIDERS',
  'NEXTAUTH_URL',
  'NEXT_PUBLIC_SERVICE_MODE',
  'CLERK_SECRET_KEY',
  'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY',
  'ACCESS_CODE',
  'AUTH_URL',
  'OIDC_JWKS_KEY',
];

export const ofLobechat: Mistake[] = [
  ...OLD.map(
    (name): Mistake => [
      `a name of 1.x for 2.x, ${name}`,
      { [`${VARIABLES}.${name}`]: '' },
      `${VARIABLES}.${name}: the function does not read it`,
      `${VARIABLES}.${name}: LobeChat 2.x does not start where it sees it`,
    ],
  ),
  [
    'nothing to sign with',
    { [`${VARIABLES}.AUTH_SECRET`]: '' },
    `${VARIABLES}.AUTH_SECRET: is missing; the function needs it`,
  ],
  [
    'an address that ends with a slash',
    { [`${VARIABLES}.APP_URL`]: 'https://chat.example.com/' },
    `${VARIABLES}.APP_URL: must not end with a slash`,
  ],
  [
    'the router without /v1',
    { [`${VARIABLES}.OPENAI_PROXY_URL`]: 'https://llm.example.com' },
    `${VARIABLES}.OPENAI_PROXY_URL: must end with /v1`,
  ],
  [
    'two keys in one',
    { [`${VARIABLES}.OPENAI_API_KEY`]: 'sk-a,sk-b' },
    `${VARIABLES}.OPENAI_API_KEY: must have no comma: LobeChat takes it for several`,
  ],
  [
    'a bucket by its path',
    { [`${VARIABLES}.S3_ENABLE_PATH_STYLE`]: '1' },
    `${VARIABLES}.S3_ENABLE_PATH_STYLE: must be 0: OSS knows no path style`,
  ],
  [
    'more memory than goes with its CPU',
    { [`${LOBECHAT}.memorySize`]: 8192 },
    `${LOBECHAT}.memorySize: must be 1 to 4 GB for each CPU, and is 8.00`,
  ],
  [
    'an instance more than there are connections for',
    { [`${LOBECHAT}.concurrencyConfig.reservedConcurrency`]: 3 },
    'all functions together: 87 connections to the database, of which there are 80',
  ],
];
