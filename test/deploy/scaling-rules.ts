import { type Check, valueAt } from './check.ts';
import { isTimerExpression } from './timer-expression.ts';

/** What is required of the instances that are there before anybody asks. */
export const scalingRules: Check = (props, path) => {
  const [scaling, provision] = [valueAt(props, 'scalingConfig'), valueAt(props, 'provisionConfig')];
  if (scaling !== undefined && provision !== undefined)
    return [`${path}.scalingConfig: must not stand beside provisionConfig; FC takes one of them`];
  if (scaling === undefined && provision === undefined)
    return [
      `${path}.provisionConfig: is missing; a number set in the console would be taken back at each deploy`,
    ];
  return [
    ...within(props, path, 'scalingConfig.minInstances'),
    ...within(props, path, 'provisionConfig.defaultTarget'),
    ...scheduled(props, path),
  ];
};

const within = (props: unknown, path: string, prop: string): string[] => {
  const waiting = valueAt(props, prop);
  const most = valueAt(props, 'concurrencyConfig.reservedConcurrency');
  if (typeof waiting !== 'number' || typeof most !== 'number' || (waiting >= 0 && waiting <= most)) return [];
  return [`${path}.${prop}: must be 0 to ${most}, the most instances that there may be`];
};

/** What stays when idle for a part of the week. */
function scheduled(props: unknown, path: string): string[] {
  const actions = valueAt(props, 'provisionConfig.scheduledActions');
  if (!Array.isArray(actions)) return [];
  const names = actions.map((action) => valueAt(action, 'name'));
  const waits = valueAt(props, 'provisionConfig.mode') !== 'async';
  return [
    ...(waits
      ? [`${path}.provisionConfig.mode: must be async; a deploy would wait for as many as at rest`]
      : []),
    ...actions.flatMap((_, index) => [
      ...within(props, path, `provisionConfig.scheduledActions.${index}.target`),
      ...actionFindings(actions[index], `${path}.provisionConfig.scheduledActions.${index}`),
      ...(names.indexOf(names[index]) < index
        ? [`${path}.provisionConfig.scheduledActions.${index}.name: is another action's`]
        : []),
    ]),
  ];
}

function actionFindings(action: unknown, path: string): string[] {
  const expression = String(valueAt(action, 'scheduleExpression'));
  const findings: string[] = [];
  if (!/^cron\(.*\)$/.test(expression) || !isTimerExpression(expression.slice(5, -1)))
    findings.push(`${path}.scheduleExpression: must be cron(…) with six fields`);
  for (const name of ['startTime', 'endTime'])
    if (typeof valueAt(action, name) !== 'string')
      findings.push(`${path}.${name}: is missing; nothing says that FC does without`);
  if (valueAt(action, 'timeZone') === undefined)
    findings.push(`${path}.timeZone: is missing; the times would be those of UTC`);
  return findings;
}
