import { GONE, type Mistake } from './mistake.ts';

const PROXY = 'ollama-proxy.props';
const NO_CPU = 'must be 4 or 8 or 16 beside this card';

export const ofContainers: Mistake[] = [
  [
    'no image',
    { [`${PROXY}.customContainerConfig.image`]: GONE },
    `${PROXY}.customContainerConfig.image: is missing; there is nothing to run`,
  ],
  ...['ns/x', 'r.cn/ns/x', 'r.cn/ns/x:latest', 'r.cn/ns/x@sha256:12', 'https://r.cn/ns/x:1'].map(
    (image): Mistake => [
      `an image that says nothing certain, ${image}`,
      { [`${PROXY}.customContainerConfig.image`]: image },
      `${PROXY}.customContainerConfig.image: must be registry/namespace/name and a tag other than latest`,
    ],
  ),
  [
    'no port',
    { [`${PROXY}.customContainerConfig.port`]: GONE },
    `${PROXY}.customContainerConfig.port: is missing; FC would knock at a port that nobody chose`,
  ],
  ['code', { [`${PROXY}.code`]: './dist/ollama-proxy' }, `${PROXY}.code: a container has none`],
  ['layers', { [`${PROXY}.layers`]: [] }, `${PROXY}.layers: a container has none`],
  [
    'a command of another runtime',
    { [`${PROXY}.customRuntimeConfig`]: { command: ['x'] } },
    `${PROXY}.customRuntimeConfig: a container has none`,
  ],
];

export const ofCards: Mistake[] = [
  [
    'no card',
    { [`${PROXY}.gpuConfig`]: GONE },
    `${PROXY}.gpuConfig.gpuType: must be fc.gpu.tesla.1 or fc.gpu.ampere.1 or fc.gpu.ada.1`,
  ],
  [
    'a card by half its name',
    { [`${PROXY}.gpuConfig.gpuType`]: 'tesla.1' },
    `${PROXY}.gpuConfig.gpuType: must be fc.gpu.tesla.1 or fc.gpu.ampere.1 or fc.gpu.ada.1`,
  ],
  [
    'half a card',
    { [`${PROXY}.gpuConfig.gpuMemorySize`]: 8192 },
    `${PROXY}.gpuConfig.gpuMemorySize: fc.gpu.tesla.1 has 16384 MB, and is sold whole`,
  ],
  [
    'the memory of another card',
    { [`${PROXY}.gpuConfig.gpuType`]: 'fc.gpu.ada.1' },
    `${PROXY}.gpuConfig.gpuMemorySize: fc.gpu.ada.1 has 49152 MB, and is sold whole`,
  ],
  ['too few CPUs', { [`${PROXY}.cpu`]: 2 }, `${PROXY}.cpu: ${NO_CPU}`],
  [
    'too much memory for its CPUs',
    { [`${PROXY}.memorySize`]: 32_768 - 4096 * 7, [`${PROXY}.cpu`]: 8 },
    `${PROXY}.memorySize: must be 8 to 32 GB in steps of 4 with 8 CPUs beside this card`,
  ],
  [
    'memory between the steps',
    { [`${PROXY}.memorySize`]: 30_720 },
    `${PROXY}.memorySize: must be 8 to 32 GB in steps of 4 with 8 CPUs beside this card`,
  ],
  ...[1024, 15_360, 71_680].map(
    (diskSize): Mistake => [
      `a disk of ${diskSize} MB`,
      { [`${PROXY}.diskSize`]: diskSize },
      `${PROXY}.diskSize: must be 512 or 10 to 60 GB in steps of 10`,
    ],
  ),
];

export const ofSeats: Mistake[] = [
  [
    'more slots than seats',
    { [`${PROXY}.environmentVariables.OLLAMA_NUM_PARALLEL`]: '8' },
    `${PROXY}.instanceConcurrency: must be more than the 16 who have a slot or wait for one`,
  ],
  [
    'seats for those alone who wait',
    { [`${PROXY}.instanceConcurrency`]: 12 },
    `${PROXY}.instanceConcurrency: must be more than the 12 who have a slot or wait for one`,
  ],
  [
    'nothing that keeps the idle ones',
    { [`${PROXY}.provisionConfig`]: GONE },
    `${PROXY}.provisionConfig: is missing; a number set in the console would be taken back at each deploy`,
  ],
  [
    'two rules for the idle ones',
    { [`${PROXY}.scalingConfig`]: { minInstances: 1 } },
    `${PROXY}.scalingConfig: must not stand beside provisionConfig; FC takes one of them`,
  ],
  [
    'more idle ones than there may be',
    { [`${PROXY}.provisionConfig.defaultTarget`]: 2 },
    `${PROXY}.provisionConfig.defaultTarget: must be 0 to 1, the most instances that there may be`,
  ],
];
