import * as z from 'zod';
import { ConsoleConfig } from '../../functions/console/config.ts';
import { ModelPullConfig } from '../../functions/model-pull/config.ts';
import { RouterConfig } from '../../functions/router/config.ts';
import { render } from '../../local/fc/render.ts';
import type { Resource } from '../../local/fc/renderer.ts';

/** What a function may have of a database server: its instances, and the connections that each of them opens. */
export interface Use {
  name: string;
  instances: number;
  each: number;
}

/** Of our functions those that connect. */
const CONFIGS: Readonly<Record<string, z.ZodObject<{ DATABASE_MAX_CONNECTIONS: z.ZodType<number> }>>> = {
  router: RouterConfig,
  'model-pull': ModelPullConfig,
  console: ConsoleConfig,
};

/** `new Pool({ connectionString })` of node-postgres, and nothing that says how many (reference: packages/database/src/core). */
const EACH_OF_LOBECHAT = 10;

const Props = z.object({
  concurrencyConfig: z.object({ reservedConcurrency: z.number() }),
  environmentVariables: z.record(z.string(), z.unknown()),
});

/** Undefined for a function that connects to no database. */
export function useOf(name: string, props: unknown): Use | undefined {
  const { concurrencyConfig, environmentVariables } = Props.safeParse(props).data ?? {};
  const each =
    name === 'lobechat'
      ? EACH_OF_LOBECHAT
      : CONFIGS[name]?.shape.DATABASE_MAX_CONNECTIONS.safeParse(
          environmentVariables?.DATABASE_MAX_CONNECTIONS || undefined,
        ).data;
  if (!concurrencyConfig || each === undefined) return undefined;
  return { name, instances: concurrencyConfig.reservedConcurrency, each };
}

/** What the functions of a file may have of the server that `DATABASE_URL` names, once `environment` is filled in. */
export async function usesIn(file: string, environment: Record<string, string>): Promise<Use[]> {
  return usesOf(await render(file, environment), environment.DATABASE_URL!);
}

/** As usesIn, of what is filled in. By a server's name alone: at another port there may be a pooler before the same. */
export const usesOf = (resources: readonly Resource[], databaseUrl: string): Use[] =>
  resources
    .filter(({ props }) => hostOf(databaseOf(props)) === hostOf(databaseUrl))
    .flatMap(({ name, props }) => useOf(name, props) ?? []);

export const sumOf = (uses: readonly Use[]): number =>
  uses.reduce((sum, { instances, each }) => sum + instances * each, 0);

const databaseOf = (props: unknown) => {
  const url = Props.safeParse(props).data?.environmentVariables.DATABASE_URL;
  return typeof url === 'string' ? url : undefined;
};

const hostOf = (url: string | undefined) => url && new URL(url).hostname;
