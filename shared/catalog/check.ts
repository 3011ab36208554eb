import { CatalogDocument } from './document.ts';
import { type Problem, shapeProblems } from './problem.ts';
import { aliasesAreFree, latestIsClear, nothingTwice } from './rules/names.ts';
import { eachIsServed } from './rules/reach.ts';
import {
  canariesLeaveCalls,
  contextStepsAscend,
  ends,
  ollamaFieldsOnly,
  routeFields,
  staysInTheHouse,
} from './rules/routes.ts';
import { outputsFit } from './rules/sizes.ts';
import { addresses, credentials, headers } from './rules/upstreams.ts';

/** Each finds what breaks one rule. They bear whatever has the right shape. */
const RULES: readonly ((document: CatalogDocument) => Problem[])[] = [
  nothingTwice,
  aliasesAreFree,
  latestIsClear,
  ends,
  routeFields,
  contextStepsAscend,
  ollamaFieldsOnly,
  staysInTheHouse,
  canariesLeaveCalls,
  outputsFit,
  addresses,
  credentials,
  headers,
  eachIsServed,
];

/** All that is wrong with a catalog as a whole. Of a document that has not the shape of one, what its shape lacks. */
export function checkCatalog(document: unknown): Problem[] {
  const { success, data, error } = CatalogDocument.safeParse(document);
  return success ? RULES.flatMap((rule) => rule(data)) : shapeProblems(document, error.issues);
}
