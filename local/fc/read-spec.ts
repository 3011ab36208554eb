import { dirname, resolve } from 'node:path';
import { render } from './render.ts';
import { type FunctionSpec, functionSpec } from './spec.ts';

/**
 * The functions of s.yaml that run on a custom runtime, rendered as `s deploy` would render them
 * with `environment`. Containers and other kinds of resource are left out: they do not run here.
 */
export async function readSpec(file: string, environment: Record<string, string>): Promise<FunctionSpec[]> {
  const path = resolve(file);
  const resources = await render(path, environment);
  return resources
    .filter(
      ({ component, props }) => /(^|\/)fc3(@|$)/.test(component) && props.runtime !== 'custom-container',
    )
    .map((resource) => functionSpec(resource, dirname(path)));
}
