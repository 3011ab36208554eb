import type * as z from 'zod';
import { type RouteIdentity, routeName } from './document.ts';

/** What is wrong with a catalog. A warning stands in nobody's way: it may be meant. */
export interface Problem {
  severity: 'error' | 'warning';
  /** Where, by names: `models[qwen3:8b].aliases`. */
  path: string;
  /** The rest of a sentence that begins with the path. */
  message: string;
}

export const error = (path: string, message: string): Problem => ({ severity: 'error', path, message });
export const warning = (path: string, message: string): Problem => ({ severity: 'warning', path, message });

export const showProblem = ({ path, message }: Problem): string =>
  path === '' ? message : `${path}: ${message}`;

export const atUpstream = (name: string, field = ''): string => at(`upstreams[${name}]`, field);
export const atModel = (name: string, field = ''): string => at(`models[${name}]`, field);
export const atRoute = (route: RouteIdentity, field = ''): string => at(`routes[${routeName(route)}]`, field);

const at = (entry: string, field: string) => (field === '' ? entry : `${entry}.${field}`);

/** What a schema has found, with entries called by their names where they have one. */
export function shapeProblems(document: unknown, issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return error(pathOf(document, issue.path), issue.message);
    return issue.keys.map((key) => error(pathOf(document, [...issue.path, key]), 'there is no such field'));
  });
}

function pathOf(document: unknown, path: readonly PropertyKey[]): string {
  let place = document;
  return path.reduce<string>((text, part) => {
    place = (place as Record<PropertyKey, unknown> | undefined)?.[part];
    if (typeof part === 'number') return `${text}[${nameOf(place) ?? part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

function nameOf(entry: unknown): string | undefined {
  const { name, model, upstream, upstreamModel } = (entry ?? {}) as Record<string, unknown>;
  if (typeof name === 'string') return name;
  const isRoute = [model, upstream, upstreamModel].every((each) => typeof each === 'string');
  return isRoute ? routeName(entry as RouteIdentity) : undefined;
}
