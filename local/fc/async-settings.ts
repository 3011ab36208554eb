import * as z from 'zod';

/** How FC deals with what it was given to do later. */
export interface AsyncSettings {
  /** Whether each is a task: one that has an id, can be looked up, and can be stopped. */
  isTask: boolean;
  retries: number;
  /** What has waited longer is not begun any more. */
  maxAgeSeconds: number;
}

export const AsyncProps = z
  .looseObject({
    asyncTask: z.boolean().default(false),
    maxAsyncRetryAttempts: z.number().int().min(0).max(8).default(3),
    maxAsyncEventAgeInSeconds: z.number().int().min(1).max(604_800).default(86_400),
  })
  .prefault({});

export const asyncSettings = (props: z.output<typeof AsyncProps>): AsyncSettings => ({
  isTask: props.asyncTask,
  retries: props.maxAsyncRetryAttempts,
  maxAgeSeconds: props.maxAsyncEventAgeInSeconds,
});
