import * as z from 'zod';
import { FunctionConfig, readConfig } from '../config.ts';
import { createLog, errorFields, type Log } from '../log.ts';
import { drainOnSignal, type HttpFunction, openDoor } from './door.ts';

type Environment = Readonly<Record<string, string | undefined>>;

interface FunctionDefinition<Schema extends z.ZodType> {
  name: string;
  config: Schema;
  /** True for functions that browsers call. */
  crossOrigin: boolean;
  create(config: z.output<Schema>, log: Log, environment: Environment): HttpFunction;
}

/** Starts a function as FC starts it: settings from the environment, the door open, an orderly end on SIGTERM. */
export async function startFunction<Schema extends z.ZodType>(
  { name, config: schema, crossOrigin, create }: FunctionDefinition<Schema>,
  environment: Environment,
): Promise<void> {
  const log = createLog(name);
  try {
    const app = create(readConfig(schema, environment), log, environment);
    const config = readConfig(z.object(FunctionConfig), environment);
    const door = await openDoor(app, {
      address: config.LISTEN_ADDRESS,
      port: config.FC_CUSTOM_LISTEN_PORT,
      drainTimeoutMs: config.DRAIN_TIMEOUT_MS,
      log,
      crossOrigin,
    });
    drainOnSignal(door, log);
  } catch (error) {
    log.error('start', errorFields(error));
    process.exitCode = 1;
  }
}
