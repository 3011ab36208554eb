import type { Bundle } from './bundle.ts';

/** What is changed, by path, and all that is then found there; the paths are those of the router's props unless it says more. */
export type Mistake = readonly [
  title: string,
  edits: Readonly<Record<string, unknown>>,
  ...findings: string[],
];

/** As a new value: takes the prop away. */
export const GONE = undefined;

/** Of the router's http trigger. */
export const TRIGGER = 'triggers.0.triggerConfig';

/** Of the router's timer. */
export const TIMER = 'triggers.1.triggerConfig';

/** A copy with new values at these paths, and without those that are undefined there. */
export function edited(bundle: Bundle, edits: Readonly<Record<string, unknown>>): Bundle {
  const copy = structuredClone(bundle);
  for (const [path, value] of Object.entries(edits)) {
    const keys = path.split('.');
    const last = keys.pop()!;
    const holder = keys.reduce<Holder>((holder, key) => holder[key] as Holder, copy);
    if (value === GONE) delete holder[last];
    else holder[last] = value;
  }
  return copy;
}

type Holder = Record<string, unknown>;
