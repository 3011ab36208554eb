/** Looks at one value of the rendered s.yaml and says what is wrong with it, each finding as `path: problem`. */
export type Check = (value: unknown, path: string) => string[];

export type Fields = Readonly<Record<string, Check>>;

export const isA =
  (type: 'string' | 'number' | 'boolean'): Check =>
  (value, path) =>
    // The kind alone is told, never the value: it may be a secret.
    typeof value === type ? [] : [`${path}: must be a ${type}, not ${kindOf(value)}`];

export const arrayOf =
  (item: Check): Check =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((each, index) => item(each, `${path}.${index}`))
      : [`${path}: must be an array, not ${kindOf(value)}`];

export const mapOf =
  (item: Check): Check =>
  (value, path) =>
    isRecord(value)
      ? Object.entries(value).flatMap(([key, each]) => item(each, `${path}.${key}`))
      : [`${path}: must be a map, not ${kindOf(value)}`];

/** An object of these fields and of no others; none of them must be there. */
export const objectOf =
  (fields: Fields): Check =>
  (value, path) =>
    isRecord(value)
      ? Object.entries(value).flatMap(([name, each]) => {
          const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
          return check ? check(each, `${path}.${name}`) : [`${path}.${name}: ${UNKNOWN}`];
        })
      : [`${path}: must be an object, not ${kindOf(value)}`];

/** The word by which the component is asked to make the resource itself, or what `check` allows. */
export const autoOr =
  (check: Check): Check =>
  (value, path) =>
    value === 'auto' ? [] : check(value, path);

export const UNKNOWN = 'is unknown, so it would be dropped without a word';

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `valueAt(bundle, 'router.props.triggers.0.triggerType')`; undefined where the path leads nowhere. */
export const valueAt = (root: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], root);

const kindOf = (value: unknown) =>
  value === null || value === undefined ? 'nothing' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;

/** What must be said, by path, each with what would happen otherwise. */
export const required =
  (otherwise: Readonly<Record<string, string>>): Check =>
  (props, path) =>
    Object.entries(otherwise).flatMap(([prop, reason]) =>
      valueAt(props, prop) === undefined ? [`${path}.${prop}: is missing; ${reason}`] : [],
    );

/** What may be said, by path, if anything is. */
export const chosen =
  (choices: Readonly<Record<string, readonly unknown[]>>): Check =>
  (props, path) =>
    Object.entries(choices).flatMap(([prop, allowed]) => {
      const value = valueAt(props, prop);
      const isAllowed = value === undefined || allowed.includes(value);
      return isAllowed ? [] : [`${path}.${prop}: must be ${allowed.join(' or ')}`];
    });

/** Least, most, and the step where it is not 1, by path. */
export type Ranges = Readonly<Record<string, readonly [number, number, number?]>>;

export const ranged =
  (ranges: Ranges): Check =>
  (props, path) =>
    Object.entries(ranges).flatMap(([prop, [least, most, step = 1]]) => {
      const value = valueAt(props, prop);
      if (typeof value !== 'number') return [];
      if (!(value >= least && value <= most))
        return [`${path}.${prop}: ${value} is not in ${least}..${most}`];
      return isMultiple(value, step) ? [] : [`${path}.${prop}: ${value} is not a multiple of ${step}`];
    });

// 0.15 / 0.05 is 2.9999999999999996.
const isMultiple = (value: number, step: number) => Math.abs(value / step - Math.round(value / step)) < 1e-9;
