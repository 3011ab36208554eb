import { dirname, resolve } from 'node:path';
import { render } from './render.ts';
import type { Resource } from './renderer.ts';
import { type FunctionSpec, functionSpec } from './spec.ts';
import { type StandIn, standingIn } from './stand-in.ts';

/**
 * The functions of s.yaml that run on a custom runtime, rendered as `s deploy` would render them
 * with `environment`, and those containers for which there is a stand-in, by name. Other containers and other
 * kinds of resource are left out: they do not run here.
 */
export async function readSpec(
  file: string,
  environment: Record<string, string>,
  standIns: Readonly<Record<string, StandIn>> = {},
): Promise<FunctionSpec[]> {
  const path = resolve(file);
  const resources = await render(path, environment);
  return resources
    .filter(({ component }) => /(^|\/)fc3(@|$)/.test(component))
    .flatMap((resource) => runnable(resource, standIns[resource.name]))
    .map((resource) => functionSpec(resource, dirname(path)));
}

function runnable(resource: Resource, standIn: StandIn | undefined): Resource[] {
  if (resource.props.runtime !== 'custom-container') return [resource];
  return standIn ? [{ ...resource, props: standingIn(resource.props, standIn) }] : [];
}
