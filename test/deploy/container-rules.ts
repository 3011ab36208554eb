import { CARDS, type Card, standsBeside } from '../../deploy/environment/cards.ts';
import { type Check, required, valueAt } from './check.ts';
import { ofTheCpu } from './cpu-rules.ts';

export const isContainer = (props: unknown): boolean => valueAt(props, 'runtime') === 'custom-container';

/** What is required of a function that is an image, and of the card beside it. */
export const containerRules: Check = (props, path) =>
  [present, absent, imaged, sized].flatMap((rule) => rule(props, path));

const present = required({
  'customContainerConfig.image': 'there is nothing to run',
  'customContainerConfig.port': 'FC would knock at a port that nobody chose',
});

/** FC refuses the first (reference: serverlessinsight#239), and the others mean nothing there. */
const absent: Check = (props, path) =>
  ['code', 'layers', 'customRuntimeConfig'].flatMap((prop) =>
    valueAt(props, prop) === undefined ? [] : [`${path}.${prop}: a container has none`],
  );

/** What has no tag is whatever was pushed last. */
const imaged: Check = (props, path) => {
  const image = valueAt(props, 'customContainerConfig.image');
  if (
    typeof image !== 'string' ||
    /^[^\s/]+(\/[^\s/:@]+)+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(image)
  )
    return [];
  return [`${path}.customContainerConfig.image: must be registry/namespace/name and a tag other than latest`];
};

const sized: Check = (props, path) => (wantsCard(props) ? besideTheCard : ofTheCpu)(props, path);

/** Whether it says so, or makes answers. */
const wantsCard = (props: unknown) =>
  ['gpuConfig', 'environmentVariables.OLLAMA_NUM_PARALLEL'].some((at) => valueAt(props, at) !== undefined);

/** A GPU function's own sizes. */
const besideTheCard: Check = (props, path) => {
  const [type, gpuMemory, cpu, memory, disk] = [
    'gpuConfig.gpuType',
    'gpuConfig.gpuMemorySize',
    'cpu',
    'memorySize',
    'diskSize',
  ].map((prop) => valueAt(props, prop));
  const card = CARDS[String(type)];
  if (!card) return [`${path}.gpuConfig.gpuType: must be ${Object.keys(CARDS).join(' or ')}`];
  const findings: string[] = [];
  if (gpuMemory !== card.memoryGb * 1024)
    findings.push(
      `${path}.gpuConfig.gpuMemorySize: ${type} has ${card.memoryGb * 1024} MB, and is sold whole`,
    );
  if (disk !== 512 && !(Number(disk) % 10_240 === 0 && Number(disk) >= 10_240 && Number(disk) <= 61_440))
    findings.push(`${path}.diskSize: must be 512 or 10 to 60 GB in steps of 10`);
  return [...findings, ...besideFindings(card, Number(cpu), Number(memory), path)];
};

function besideFindings(card: Card, cpu: number, memoryMb: number, path: string): string[] {
  const bounds = card.beside[cpu];
  if (!bounds) return [`${path}.cpu: must be ${Object.keys(card.beside).join(' or ')} beside this card`];
  if (standsBeside(card, cpu, memoryMb)) return [];
  const [least, most] = bounds;
  return [
    `${path}.memorySize: must be ${least} to ${most} GB in steps of 4 with ${cpu} CPUs beside this card`,
  ];
}
