import type * as z from 'zod';
import { bytesOf, MOST_BYTES } from '../../deploy/environment/variables-size.ts';
import { MigrationConfig } from '../../deploy/migration/config.ts';
import { ConsoleConfig } from '../../functions/console/config.ts';
import { CustomAgentConfig } from '../../functions/custom-agent/config.ts';
import { ModelPullConfig } from '../../functions/model-pull/config.ts';
import { OllamaProxyConfig } from '../../functions/ollama-proxy/config.ts';
import { RouterConfig } from '../../functions/router/config.ts';
import { isRecord, valueAt } from './check.ts';
import { lobechatSettings, tooOldForLobechat } from './lobechat-settings.ts';

export interface Settings {
  schema: z.ZodObject;
  /** Variables that are read by name when the catalog mentions them, and so stand in no schema. */
  besides?: RegExp;
}

const SETTINGS: Readonly<Record<string, Settings>> = {
  router: { schema: RouterConfig, besides: /^UPSTREAM_[A-Z0-9_]+$/ },
  'custom-agent': { schema: CustomAgentConfig },
  'model-pull': { schema: ModelPullConfig },
  'ollama-proxy': { schema: OllamaProxyConfig },
  'ollama-proxy-b': { schema: OllamaProxyConfig },
  console: { schema: ConsoleConfig },
  migration: { schema: MigrationConfig },
};

/** LobeChat's are those of its image. */
const settingsOf = (name: string, props: unknown): Settings | undefined =>
  name === 'lobechat' ? lobechatSettings(environmentOf(props)) : SETTINGS[name];

/** Whether a function gets the variables it reads, all of them and no others. */
export function settingsFindings(name: string, props: unknown, path: string): string[] {
  const settings = settingsOf(name, props);
  if (!settings) return [`${name}: test/deploy/settings-rules.ts does not say which variables it reads`];
  const given = environmentOf(props);
  const at = `${path}.environmentVariables`;
  return [
    ...Object.keys(given).flatMap((variable) => nameFindings(settings, variable, `${at}.${variable}`)),
    ...valueFindings(settings, given, at),
    ...sizeFindings(given, at),
    ...(name === 'lobechat' ? tooOldForLobechat(given, at) : []),
    ...deadlineFindings(settings, props, path),
    ...seatFindings(settings, props, path),
  ];
}

function nameFindings({ schema, besides }: Settings, name: string, path: string): string[] {
  if (name.startsWith('FC_')) return [`${path}: names that begin with FC_ are FC's own`];
  return name in schema.shape || besides?.test(name) ? [] : [`${path}: the function does not read it`];
}

function valueFindings({ schema }: Settings, given: Record<string, unknown>, at: string): string[] {
  const issues = schema.safeParse(stringsOf(given)).error?.issues ?? [];
  return issues.flatMap(({ path: [name], message }) => {
    const value = given[String(name)];
    if (value === undefined || value === '')
      return [`${at}.${String(name)}: is missing; the function needs it`];
    // What is no string has its finding already, for it is not what the API takes.
    return typeof value === 'string' ? [`${at}.${String(name)}: ${message}`] : [];
  });
}

function sizeFindings(given: Record<string, unknown>, at: string): string[] {
  const bytes = bytesOf(given);
  return bytes > MOST_BYTES
    ? [`${at}: FC takes ${MOST_BYTES} bytes of names and values, and these are ${bytes}`]
    : [];
}

/** An answer that takes too long is ended by the function, which can say so, and not by FC, which cuts it. */
function deadlineFindings({ schema }: Settings, props: unknown, path: string): string[] {
  const timeout = valueAt(props, 'timeout');
  const total = settingOf(schema, props, 'TOTAL_TIMEOUT_MS');
  if (typeof timeout !== 'number' || total === undefined || timeout * 1000 > total) return [];
  return [`${path}.timeout: must be longer than TOTAL_TIMEOUT_MS, which is ${total / 1000} s`];
}

/** FC lets in as many as it is told; the gate must have a place for each who has a slot or may wait, and one for a list. */
function seatFindings({ schema }: Settings, props: unknown, path: string): string[] {
  const seats = valueAt(props, 'instanceConcurrency');
  const [slots, waiting] = ['OLLAMA_NUM_PARALLEL', 'QUEUE_LENGTH'].map((name) =>
    settingOf(schema, props, name),
  );
  if (typeof seats !== 'number' || slots === undefined || waiting === undefined) return [];
  if (seats > slots + waiting) return [];
  return [
    `${path}.instanceConcurrency: must be more than the ${slots + waiting} who have a slot or wait for one`,
  ];
}

function settingOf(schema: z.ZodObject, props: unknown, name: string): number | undefined {
  const setting = schema.shape[name] as z.ZodType<number> | undefined;
  return setting?.safeParse(stringsOf(environmentOf(props))[name]).data;
}

function environmentOf(props: unknown): Record<string, unknown> {
  const environment = valueAt(props, 'environmentVariables');
  return isRecord(environment) ? environment : {};
}

/** As readConfig has it: what is empty counts as absent. */
const stringsOf = (given: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'string' && value !== ''));
