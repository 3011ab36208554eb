import type { FunctionSpec } from './spec.ts';

/** What FC says of the version that runs: `LATEST` is the function as it stands, the others were published. */
export const versionOf = ({ version }: Pick<FunctionSpec, 'version'>) =>
  version ?? { id: 'LATEST', qualifier: 'LATEST' };
