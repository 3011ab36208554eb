import { GatewayError } from '#shared/errors.ts';
import type { Depot } from '../depot.ts';
import type { PullRequest, PullWish } from '../work/requests.ts';

/**
 * What is to be brought, as the job keeps it.
 *
 * @throws GatewayError `unsupported_parameter` for what is never done, or only to plain files.
 */
export function pullWish({ config }: Depot, request: PullRequest): PullWish {
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
  return { source, ...additions };
}

const refused = (param: string, message: string) =>
  new GatewayError('unsupported_parameter', message, { param });
