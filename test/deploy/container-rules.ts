import { type Check, required, valueAt } from './check.ts';

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

interface Card {
  memoryGb: number;
  /** Least and most GB of memory, by CPUs. */
  beside: Readonly<Record<number, readonly [number, number]>>;
}

/** Whole cards, one for an instance (reference: fc-docs 01/06); those that the document gives no companions for are left out. */
const CARDS: Readonly<Record<string, Card>> = {
  'fc.gpu.tesla.1': { memoryGb: 16, beside: { 4: [4, 16], 8: [8, 32], 16: [16, 64] } },
  'fc.gpu.ampere.1': { memoryGb: 24, beside: { 8: [8, 32], 16: [16, 32] } },
  'fc.gpu.ada.1': { memoryGb: 48, beside: { 4: [16, 32], 8: [32, 64], 16: [64, 120] } },
};

/** A GPU function's own sizes. */
const sized: Check = (props, path) => {
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

function besideFindings({ beside }: Card, cpu: number, memoryMb: number, path: string): string[] {
  const bounds = beside[cpu];
  if (!bounds) return [`${path}.cpu: must be ${Object.keys(beside).join(' or ')} beside this card`];
  const [least, most] = bounds;
  const gigabytes = memoryMb / 1024;
  if (gigabytes >= least && gigabytes <= most && gigabytes % 4 === 0) return [];
  return [
    `${path}.memorySize: must be ${least} to ${most} GB in steps of 4 with ${cpu} CPUs beside this card`,
  ];
}
