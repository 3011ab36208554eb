import { shareOf } from '../../deploy/connections/room.ts';
import { sumOf, useOf } from '../../deploy/connections/uses.ts';
import { render } from '../../local/fc/render.ts';
import { functionProps } from './api-models.ts';
import { valueAt } from './check.ts';
import { functionRules } from './function-rules.ts';
import { sharedNasFindings } from './nas-rules.ts';
import { settingsFindings } from './settings-rules.ts';
import { noTriggers, triggerRules } from './trigger-rules.ts';

/** The resources of s.yaml by name, as `s deploy` gives them to the component. */
export type Bundle = Record<string, { component: string; props: Record<string, unknown> }>;

/** What PostgreSQL takes unless told otherwise; the deploy asks the database that there is. */
const MOST_CONNECTIONS = shareOf({ most: 100, reserved: 3 });

/** What nobody calls by an address: only who may invoke functions of the account can. */
const INVOKED_ONLY: ReadonlySet<string> = new Set(['migration']);

/** FC's 300 instances of a region, of which nine tenths may be reserved. */
const MOST_INSTANCES = 270;

/** What is wrong with a bundle, each finding as `path: problem`. */
export function findingsIn(bundle: Bundle): string[] {
  const functions = Object.entries(bundle);
  return [
    ...functions.flatMap(([name, { component, props }]) =>
      component === 'fc3' ? functionFindings(name, props) : [`${name}.component: must be fc3`],
    ),
    ...sharedNasFindings(bundle),
    ...bounded(
      'connections to the database',
      sumOf(functions.flatMap(([name, { props }]) => useOf(name, props) ?? [])),
      MOST_CONNECTIONS,
    ),
    ...bounded(
      'instances',
      functions.reduce((sum, [, { props }]) => sum + reservedInstances(props), 0),
      MOST_INSTANCES,
    ),
  ];
}

function functionFindings(name: string, props: unknown): string[] {
  const path = `${name}.props`;
  return [
    ...functionProps(props, path),
    ...functionRules(props, path),
    ...(INVOKED_ONLY.has(name) ? noTriggers : triggerRules)(props, path),
    ...settingsFindings(name, props, path),
  ];
}

const bounded = (what: string, sum: number, most: number) =>
  sum > most ? [`all functions together: ${sum} ${what}, of which there are ${most}`] : [];

function reservedInstances(props: unknown): number {
  const reserved = valueAt(props, 'concurrencyConfig.reservedConcurrency');
  return typeof reserved === 'number' ? reserved : 0;
}

/** s.yaml as the tool renders it with `environment` alone. */
export async function renderBundle(file: string, environment: Record<string, string>): Promise<Bundle> {
  const resources = await render(file, environment);
  return Object.fromEntries(resources.map(({ name, component, props }) => [name, { component, props }]));
}
