import { resolve } from 'node:path';
import * as z from 'zod';
import { AsyncProps, type AsyncSettings, asyncSettings } from './async-settings.ts';
import { TimerProps, type TimerTrigger, timersOf } from './timer-trigger.ts';

/** What s.yaml says of one function, with FC's defaults where it says nothing. */
export interface FunctionSpec {
  /** The resource's key in s.yaml. */
  name: string;
  /** What FC calls it: `FC_FUNCTION_NAME`, `x-fc-function-name`. */
  functionName: string;
  region: string;
  runtime: string;
  handler: string;
  codeDirectory: string;
  command: string[];
  args: string[];
  port: number;
  timeoutSeconds: number;
  memoryMb: number;
  environment: Record<string, string>;
  httpMethods: string[];
  timers: TimerTrigger[];
  async: AsyncSettings;
  /** Where it has NAS folders. */
  mountDirs: string[];
  instanceConcurrency: number;
  reservedConcurrency?: number;
  /** How many instances stay, however idle they are. */
  minInstances?: number;
  initializer?: { timeoutSeconds: number };
  preStop?: { timeoutSeconds: number };
  healthCheckUrl?: string;
  /** Which published version this is, and what it was asked for by; absent: the function as it stands. */
  version?: { id: string; qualifier: string };
}

/** Checks one rendered resource of s.yaml; relative code folders are relative to `directory`. */
export function functionSpec(resource: { name: string; props: unknown }, directory: string): FunctionSpec {
  const props = checked(Props, resource.props, resource.name);
  const timers = props.triggers.filter(({ triggerType }) => triggerType === 'timer');
  const { initializer, preStop } = props.instanceLifecycleConfig ?? {};
  const healthCheckUrl = props.customRuntimeConfig.healthCheckConfig?.httpGetUrl;
  const reservedConcurrency = props.concurrencyConfig?.reservedConcurrency;
  const minInstances = props.provisionConfig?.defaultTarget ?? props.scalingConfig?.minInstances;
  return {
    name: resource.name,
    functionName: props.functionName,
    region: props.region,
    runtime: props.runtime,
    handler: props.handler,
    codeDirectory: resolve(directory, props.code),
    command: props.customRuntimeConfig.command,
    args: props.customRuntimeConfig.args,
    port: props.customRuntimeConfig.port,
    timeoutSeconds: props.timeout,
    memoryMb: props.memorySize,
    environment: props.environmentVariables,
    httpMethods: props.triggers.flatMap((trigger) => trigger.triggerConfig?.methods ?? []),
    timers: timersOf(checked(z.object({ timers: z.array(TimerProps) }), { timers }, resource.name).timers),
    async: asyncSettings(props.asyncInvokeConfig),
    mountDirs: props.nasConfig?.mountPoints.map(({ mountDir }) => mountDir) ?? [],
    instanceConcurrency: props.instanceConcurrency,
    // FC reads 0 as "no bound of its own".
    ...(reservedConcurrency ? { reservedConcurrency } : {}),
    ...(minInstances ? { minInstances } : {}),
    ...(initializer ? { initializer: { timeoutSeconds: initializer.timeout } } : {}),
    ...(preStop ? { preStop: { timeoutSeconds: preStop.timeout } } : {}),
    ...(healthCheckUrl ? { healthCheckUrl } : {}),
  };
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.output<Schema> {
  const { data, error } = schema.safeParse(value);
  if (error) throw new Error(`s.yaml: ${name}: ${z.prettifyError(error)}`, { cause: error });
  return data as z.output<Schema>;
}

const HttpMethod = z.enum(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS']);

const Hook = z.looseObject({ handler: z.string().min(1), timeout: z.number().int().positive().default(3) });

const Trigger = z.looseObject({
  triggerType: z.string(),
  triggerConfig: z.looseObject({ methods: z.array(HttpMethod).optional() }).nullish(),
});

/** The props that the local FC acts upon. The defaults are the component's own, however unwise. */
const Props = z.looseObject({
  region: z.string().min(1),
  functionName: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/),
  runtime: z
    .string()
    .regex(/^custom(\.debian1[0-2]|-container)?$/, 'only custom runtimes and containers run here'),
  handler: z.string().default('handler'),
  code: z.string({ error: 'the local FC wants the path of a code folder' }).min(1),
  timeout: z.number().int().min(1).max(86_400).default(3),
  memorySize: z.number().int().min(128).max(32_768).default(512),
  instanceConcurrency: z.number().int().min(1).max(200).default(1),
  // The tool sends a bare number or true as it stands, and FC wants strings.
  environmentVariables: z
    .record(z.string(), z.string({ error: 'must be a string, put it in quotes' }))
    .default({}),
  customRuntimeConfig: z
    .looseObject({
      command: z.array(z.string()).min(1).default(['/code/bootstrap']),
      args: z.array(z.string()).default([]),
      port: z.number().int().min(1).max(65_535).default(9000),
      healthCheckConfig: z.looseObject({ httpGetUrl: z.string().startsWith('/').optional() }).optional(),
    })
    .prefault({}),
  instanceLifecycleConfig: z
    .looseObject({ initializer: Hook.optional(), preStop: Hook.optional() })
    .optional(),
  concurrencyConfig: z.looseObject({ reservedConcurrency: z.number().int().min(0).optional() }).optional(),
  provisionConfig: z.looseObject({ defaultTarget: z.number().int().min(0).optional() }).optional(),
  scalingConfig: z.looseObject({ minInstances: z.number().int().min(0).optional() }).optional(),
  asyncInvokeConfig: AsyncProps,
  nasConfig: z
    .looseObject({ mountPoints: z.array(z.looseObject({ mountDir: z.string().startsWith('/') })) })
    .optional(),
  triggers: z.array(Trigger).default([]),
});
