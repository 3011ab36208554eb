import type { Resource } from '../../local/fc/renderer.ts';

/** So many bytes FC takes of all variables of a function together, names and values (reference: fc-docs 04/047). */
export const MOST_BYTES = 4096;

export const bytesOf = (variables: Readonly<Record<string, unknown>>): number =>
  Object.entries(variables).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);

/**
 * Of functions that are filled in, those whose variables are more than FC takes, each by its name and with how many
 * they are. Variables that are right one by one may be too much together.
 */
export const oversized = (resources: readonly Resource[]): string[] =>
  resources.flatMap(({ props }) => {
    const bytes = bytesOf((props.environmentVariables ?? {}) as Record<string, unknown>);
    if (bytes <= MOST_BYTES) return [];
    return [
      `${props.functionName}: has ${bytes} bytes of variables, and Function Compute takes ${MOST_BYTES}`,
    ];
  });
