import { GatewayError } from '#shared/errors.ts';
import type { ModelName } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../depot.ts';
import type { Sources } from '../sources/sources.ts';
import { checkNameAllowed } from '../work/allow-list.ts';
import type { PullRequest, PullWish } from '../work/requests.ts';

/**
 * What is to be brought, as the job keeps it. What can be refused without asking anybody is refused here, and not by the run.
 *
 * @throws GatewayError `unsupported_parameter` for what is never done, or only to plain files; `invalid_request` for a
 *   place that is not listed; `insufficient_scope` for a name that may not be pulled.
 */
export function pullWish(depot: Depot, name: ModelName, request: PullRequest): PullWish {
  const { config } = depot;
  if (request.insecure) {
    throw refused(
      'insecure',
      'Which registries are spoken to without TLS, the operator says (PULL_REGISTRIES).',
    );
  }
  const source = request.source ?? config.PULL_SOURCE;
  const additions = Object.fromEntries(
    (['template', 'system', 'parameters'] as const).flatMap((field) =>
      request[field] === null || request[field] === undefined ? [] : [[field, request[field]]],
    ),
  );
  const [first] = Object.keys(additions);
  if (first !== undefined && !source.startsWith('oss://')) {
    throw refused(first, 'A model from a registry brings its own; make another one of it with create.');
  }
  checkNameAllowed(config.PULL_ALLOW, name);
  checkPlace(depot.sources, name, source);
  return { source, ...additions };
}

function checkPlace(sources: Sources, name: ModelName, source: PullWish['source']): void {
  if (source === 'registry' || source === 'mirror') sources.of(name, source);
  else sources.file(source);
}

const refused = (param: string, message: string) =>
  new GatewayError('unsupported_parameter', message, { param });
