import { type Check, chosen, ranged, valueAt } from './check.ts';

/** What is required of the sizes of a function that has no card. */
export const ofTheCpu: Check = (props, path) =>
  [inRange, oneOf, proportioned].flatMap((rule) => rule(props, path));

const inRange = ranged({ cpu: [0.05, 16, 0.05], memorySize: [128, 32_768, 64] });

const oneOf = chosen({ diskSize: [512, 10_240] });

const proportioned: Check = (props, path) => {
  const [cpu, memorySize] = [valueAt(props, 'cpu'), valueAt(props, 'memorySize')];
  if (typeof cpu !== 'number' || typeof memorySize !== 'number') return [];
  const gigabytesPerCpu = memorySize / 1024 / cpu;
  if (gigabytesPerCpu >= 1 && gigabytesPerCpu <= 4) return [];
  return [`${path}.memorySize: must be 1 to 4 GB for each CPU, and is ${gigabytesPerCpu.toFixed(2)}`];
};
