import { UNKNOWN } from './check.ts';
import { GONE, type Mistake, TIMER, TRIGGER } from './mistake.ts';

const CHECK = 'customRuntimeConfig.healthCheckConfig';

export const unknownNames: Mistake[] = [
  ['a prop without one of its letters', { instanceConcurency: 50 }, `instanceConcurency: ${UNKNOWN}`],
  ['a prop with another case', { cPu: 1 }, `cPu: ${UNKNOWN}`],
  ['a nested prop', { 'customRuntimeConfig.comand': ['x'] }, `customRuntimeConfig.comand: ${UNKNOWN}`],
  ['a prop of another section', { 'vpcConfig.project': 'x' }, `vpcConfig.project: ${UNKNOWN}`],
  ['a prop by its name on the wire', { tags: [{ Key: 'a' }] }, `tags.0.Key: ${UNKNOWN}`],
  ['a name that every object has', { toString: 'x' }, `toString: ${UNKNOWN}`],
  ['a prop of a trigger', { 'triggers.0.auth': 'x' }, `triggers.0.auth: ${UNKNOWN}`],
  ['a prop of another trigger', { [`${TRIGGER}.payload`]: 'x' }, `${TRIGGER}.payload: ${UNKNOWN}`],
  ['a timer’s time by another name', { [`${TIMER}.cron`]: '@every 1m' }, `${TIMER}.cron: ${UNKNOWN}`],
  ['a timer’s method', { [`${TIMER}.methods`]: ['POST'] }, `${TIMER}.methods: ${UNKNOWN}`],
  ['a bound', { 'concurrencyConfig.most': 5 }, `concurrencyConfig.most: ${UNKNOWN}`],
  ['a hook', { 'instanceLifecycleConfig.preFreeze': {} }, `instanceLifecycleConfig.preFreeze: ${UNKNOWN}`],
  ['a health check', { [CHECK]: { path: '/' } }, `${CHECK}.path: ${UNKNOWN}`],
  [
    'a domain’s routes as the API has them',
    { customDomain: { routeConfig: {} } },
    `customDomain.routeConfig: ${UNKNOWN}`,
  ],
];

export const wrongTypes: Mistake[] = [
  ['a number in quotes', { timeout: '1900' }, 'timeout: must be a number, not a string'],
  [
    'a word for a list',
    { 'customRuntimeConfig.args': 'x' },
    'customRuntimeConfig.args: must be an array, not a string',
  ],
  [
    'a number in a list',
    { 'customRuntimeConfig.args.2': 5 },
    'customRuntimeConfig.args.2: must be a string, not a number',
  ],
  ['a word for yes', { internetAccess: 'yes' }, 'internetAccess: must be a boolean, not a string'],
  ['a section with nothing in it', { logConfig: null }, 'logConfig: must be an object, not nothing'],
  ['a list for a section', { vpcConfig: [] }, 'vpcConfig: must be an object, not an array'],
  [
    'a variable that is a number',
    { 'environmentVariables.DATABASE_MAX_CONNECTIONS': 2 },
    'environmentVariables.DATABASE_MAX_CONNECTIONS: must be a string, not a number',
  ],
  [
    'a timer that is on in words',
    { [`${TIMER}.enable`]: 'on' },
    `${TIMER}.enable: must be a boolean, not a string`,
  ],
  [
    'a timer’s interval in minutes',
    { [`${TIMER}.cronExpression`]: 1 },
    `${TIMER}.cronExpression: must be a string, not a number`,
  ],
  [
    'a timer’s payload as an object',
    { [`${TIMER}.payload`]: { what: 'sweep' } },
    `${TIMER}.payload: must be a string, not a object`,
  ],
  [
    'a variable that is true',
    { 'environmentVariables.KEY_PEPPER': true },
    'environmentVariables.KEY_PEPPER: must be a string, not a boolean',
  ],
];

export const missing: Mistake[] = [
  ['no timeout', { timeout: GONE }, 'timeout: is missing; the component would take 3 seconds'],
  [
    'no concurrency',
    { instanceConcurrency: GONE },
    'instanceConcurrency: is missing; the component would take 1, an instance for each open stream',
  ],
  ['no cpu', { cpu: GONE }, 'cpu: is missing; the component would take 0.35'],
  ['no memory', { memorySize: GONE }, 'memorySize: is missing; the component would take 512 MB'],
  ['no disk', { diskSize: GONE }, 'diskSize: is missing; the component would take 512 MB'],
  ['no handler', { handler: GONE }, 'handler: is missing; the component would fill in a word of its own'],
  [
    'no bound',
    { concurrencyConfig: GONE },
    'concurrencyConfig.reservedConcurrency: is missing; nothing would bound the instances',
  ],
  ['no role', { role: GONE }, 'role: is missing; the function could not act for itself in the cloud'],
  ['no VPC', { vpcConfig: GONE }, 'vpcConfig: is missing; the database is reached through the VPC alone'],
  ['no logs', { logConfig: GONE }, 'logConfig: is missing; nothing that it logs would be kept'],
  [
    'no port',
    { 'customRuntimeConfig.port': GONE },
    'customRuntimeConfig.port: is missing; FC would knock at a port that nobody chose',
  ],
  ['half a VPC', { 'vpcConfig.securityGroupId': GONE }, 'vpcConfig.securityGroupId: is missing'],
  [
    'a hook without an end',
    { 'instanceLifecycleConfig.preStop.timeout': GONE },
    'instanceLifecycleConfig.preStop.timeout: is missing',
  ],
  ['no code', { code: GONE }, 'code: is missing; there is nothing to run'],
  ['no trigger', { triggers: GONE }, 'triggers: must have one http trigger, and has 0'],
  [
    'a trigger without a name',
    { 'triggers.1.triggerName': GONE },
    'triggers.1.triggerName: must be 1 to 128 letters, digits, _ and -, and not begin with a digit or -',
  ],
  [
    'a timer that is neither on nor off',
    { [`${TIMER}.enable`]: GONE },
    `${TIMER}.enable: is missing; nothing would say whether it fires`,
  ],
  [
    'a timer without a time',
    { [`${TIMER}.cronExpression`]: GONE },
    `${TIMER}.cronExpression: is missing; nothing would say when it fires`,
  ],
  [
    'a timer without anything',
    { [TIMER]: GONE },
    `${TIMER}.enable: is missing; nothing would say whether it fires`,
    `${TIMER}.cronExpression: is missing; nothing would say when it fires`,
  ],
  [
    'a variable',
    { 'environmentVariables.DATABASE_URL': GONE },
    'environmentVariables.DATABASE_URL: is missing; the function needs it',
  ],
  [
    'a variable with nothing in it',
    { 'environmentVariables.KEY_PEPPER': '' },
    'environmentVariables.KEY_PEPPER: is missing; the function needs it',
  ],
];
