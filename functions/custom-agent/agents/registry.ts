import type { Agent } from './agent.ts';
import { greeter } from './greeter.ts';

/** Every agent, by the name that callers use as the model. */
export const agents: ReadonlyMap<string, Agent> = new Map([['custom-agent', greeter]]);
