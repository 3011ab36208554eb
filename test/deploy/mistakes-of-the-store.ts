import { GONE, type Mistake } from './mistake.ts';

const PROXY = 'ollama-proxy.props';
const PULL = 'model-pull.props';

export const ofTasks: Mistake[] = [
  [
    'a pull that is tried for ever',
    { [`${PULL}.asyncInvokeConfig.maxAsyncRetryAttempts`]: 2 },
    `${PULL}.asyncInvokeConfig.maxAsyncRetryAttempts: must be at most 1; a task that fails twice would fail for ever`,
  ],
  [
    'no word on how often',
    { [`${PULL}.asyncInvokeConfig.maxAsyncRetryAttempts`]: GONE },
    `${PULL}.asyncInvokeConfig.maxAsyncRetryAttempts: is missing; FC would do what failed three times more`,
  ],
  [
    'a timer that FC repeats',
    { 'router.props.asyncInvokeConfig.maxAsyncRetryAttempts': 1 },
    'router.props.asyncInvokeConfig.maxAsyncRetryAttempts: must be at most 0; the next run of a timer does what the last one left',
  ],
  [
    'a timer that FC repeats, for want of a word',
    { 'router.props.asyncInvokeConfig': GONE },
    'router.props.asyncInvokeConfig.maxAsyncRetryAttempts: is missing; FC would do what failed three times more',
  ],
];

const NAS = '7251834960-abc12.cn-hangzhou.nas.aliyuncs.com:/sublet';
const MOUNT = 'nasConfig.mountPoints.0';

export const ofTheStore: Mistake[] = [
  [
    'a store beside the NAS',
    { [`${PULL}.environmentVariables.OLLAMA_MODELS`]: '/mnt/models' },
    `${PULL}.environmentVariables.OLLAMA_MODELS: must be the folder of a NAS, by its mountDir`,
  ],
  [
    'a store without a NAS',
    { [`${PULL}.nasConfig`]: GONE },
    `${PULL}.environmentVariables.OLLAMA_MODELS: must be the folder of a NAS, by its mountDir`,
  ],
  [
    'a NAS where the system has its own',
    {
      [`${PROXY}.${MOUNT}.mountDir`]: '/opt/ollama',
      [`${PROXY}.environmentVariables.OLLAMA_MODELS`]: '/opt/ollama',
    },
    `${PROXY}.${MOUNT}.mountDir: must be a folder below /home, /mnt, /tmp or /data`,
    `ollama-proxy.props.nasConfig: sees ${NAS} as 1000:1000 at /opt/ollama, and model-pull as 1000:1000 at /mnt/ollama`,
  ],
  [
    'a NAS in the place of all mounts',
    {
      [`${PULL}.${MOUNT}.serverAddr`]: 'nas:/a',
      [`${PULL}.${MOUNT}.mountDir`]: '/mnt',
      [`${PULL}.environmentVariables.OLLAMA_MODELS`]: '/mnt',
    },
    `${PULL}.${MOUNT}.mountDir: must be a folder below /home, /mnt, /tmp or /data`,
  ],
  [
    'a NAS without a folder',
    { [`${PULL}.${MOUNT}.serverAddr`]: 'x.nas.aliyuncs.com' },
    `${PULL}.${MOUNT}.serverAddr: must be <host>:/<folder>`,
  ],
  [
    'another user of the same NAS',
    { [`${PROXY}.nasConfig.userId`]: 0 },
    `ollama-proxy.props.nasConfig: sees ${NAS} as 0:1000 at /mnt/ollama, and model-pull as 1000:1000 at /mnt/ollama`,
  ],
  [
    'nobody',
    { [`${PULL}.nasConfig.userId`]: GONE },
    `${PULL}.nasConfig.userId: is missing`,
    `ollama-proxy.props.nasConfig: sees ${NAS} as 1000:1000 at /mnt/ollama, and model-pull as undefined:1000 at /mnt/ollama`,
  ],
  [
    'a NAS by another name',
    { [`${PULL}.${MOUNT}.server`]: 'x' },
    `${PULL}.${MOUNT}.server: is unknown, so it would be dropped without a word`,
  ],
];
