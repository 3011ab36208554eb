import { type Check, valueAt } from './check.ts';

/** What is required of the instances that are there before anybody asks. */
export const scalingRules: Check = (props, path) => {
  const [scaling, provision] = [valueAt(props, 'scalingConfig'), valueAt(props, 'provisionConfig')];
  if (scaling !== undefined && provision !== undefined)
    return [`${path}.scalingConfig: must not stand beside provisionConfig; FC takes one of them`];
  const isGpu = valueAt(props, 'gpuConfig') !== undefined;
  if (isGpu && scaling === undefined && provision === undefined)
    return [
      `${path}.provisionConfig: is missing; a number set in the console would be taken back at each deploy`,
    ];
  return [
    ...within(props, path, 'scalingConfig.minInstances'),
    ...within(props, path, 'provisionConfig.defaultTarget'),
  ];
};

const within = (props: unknown, path: string, prop: string): string[] => {
  const waiting = valueAt(props, prop);
  const most = valueAt(props, 'concurrencyConfig.reservedConcurrency');
  if (typeof waiting !== 'number' || typeof most !== 'number' || (waiting >= 0 && waiting <= most)) return [];
  return [`${path}.${prop}: must be 0 to ${most}, the most instances that there may be`];
};
