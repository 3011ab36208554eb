import * as z from 'zod';

/**
 * The name of a tool in a call of it, which is said again with each result: a long one would make much of a little. No
 * service that we know takes more than 128 characters.
 */
export const toolName = z.string().min(1).max(256);
