import { type Check, valueAt } from './check.ts';

/** What is required of what FC does later, or by itself. */
export const asyncRules: Check = (props, path) => {
  const retries = valueAt(props, 'asyncInvokeConfig.maxAsyncRetryAttempts');
  const at = `${path}.asyncInvokeConfig.maxAsyncRetryAttempts`;
  const most = mostRetries(props);
  if (most === undefined) return [];
  if (retries === undefined) return [`${at}: is missing; FC would do what failed three times more`];
  return typeof retries === 'number' && retries <= most.retries
    ? []
    : [`${at}: must be at most ${most.retries}; ${most.reason}`];
};

function mostRetries(props: unknown): { retries: number; reason: string } | undefined {
  const triggers = valueAt(props, 'triggers');
  const isTimed =
    Array.isArray(triggers) && triggers.some((each) => valueAt(each, 'triggerType') === 'timer');
  if (isTimed) return { retries: 0, reason: 'the next run of a timer does what the last one left' };
  const isTask = valueAt(props, 'asyncInvokeConfig.asyncTask') === true;
  return isTask ? { retries: 1, reason: 'a task that fails twice would fail for ever' } : undefined;
}
