import * as z from 'zod';
import { InternalSecret } from '#shared/credential/internal-secret.ts';
import { ConsoleConfig } from '../../functions/console/config.ts';
import { ModelPullConfig } from '../../functions/model-pull/config.ts';
import { OllamaProxyConfig } from '../../functions/ollama-proxy/config.ts';
import { RouterConfig } from '../../functions/router/config.ts';
import { CARDS } from './cards.ts';
import { LOBECHAT, LOBECHAT_1, LOBECHAT_2 } from './lobechat-variables.ts';
import type { Choice } from './profiles.ts';
import {
  address,
  atMost,
  count,
  databaseUrl,
  form,
  hostName,
  id,
  image,
  oneOf,
  role,
  text,
} from './values.ts';

const { shape: router } = RouterConfig;
const { shape: modelPull } = ModelPullConfig;
const { shape: ollamaProxy } = OllamaProxyConfig;

/** What every profile asks for. What has a default in s.yaml may be absent. */
const COMMON = {
  REGION: form(/^[a-z]{2}-[a-z]+(-\d)?$/, 'a region such as cn-hangzhou'),
  // What follows it in a function's name takes 15 of 64.
  FUNCTION_PREFIX: form(/^[A-Za-z_][A-Za-z0-9_-]{0,48}$/, 'at most 49 letters, digits, _ and -').optional(),
  FC_ROLE: role,
  VPC_ID: id('vpc'),
  VSWITCH_ID: id('vsw'),
  SECURITY_GROUP_ID: id('sg'),
  LOG_PROJECT: form(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'the name of a project'),
  LOG_STORE: form(/^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/, 'the name of a logstore'),
  DATABASE_URL: databaseUrl,
  KEY_PEPPER: router.KEY_PEPPER,
  INTERNAL_SECRET: InternalSecret,
  CUSTOM_AGENT_URL: address('/v1'),
  METRICS_TOKEN: ConsoleConfig.shape.METRICS_TOKEN,
  MODEL_PULL_URL: address('').optional(),
  OLLAMA_PROXY_URL: address('').optional(),
  IMAGE_BUCKETS: atMost(router.IMAGE_BUCKETS, 1500).optional(),
  IMAGE_ACCESS_KEY_ID: text.optional(),
  IMAGE_ACCESS_KEY_SECRET: text.optional(),
  ROUTER_INSTANCES: count(1, 200).optional(),
  ROUTER_IDLE_INSTANCES: count(0, 200).optional(),
  TRUSTED_PROXIES: count(0, 10).optional(),
  ROUTER_DOMAIN: hostName.optional(),
  ROUTER_DOMAIN_PROTOCOL: oneOf('HTTP', 'HTTPS').optional(),
  ROUTER_QUALIFIER: form(/^(LATEST|[A-Za-z_][\w-]{0,127})$/, 'LATEST or an alias').optional(),
  LOBECHAT: oneOf('2', '1', 'none').optional(),
};

/** What is asked for where models are served from here. */
const GPU = {
  NAS_SERVER: form(/^[a-z0-9.-]+:\/[\w/-]*$/, 'a mount target and a folder, as <host>:/<folder>'),
  OLLAMA_VERSION: modelPull.OLLAMA_VERSION,
  PULL_ALLOW: atMost(modelPull.PULL_ALLOW, 600).optional(),
  PULL_SOURCE: modelPull.PULL_SOURCE,
  PULL_REGISTRIES: atMost(modelPull.PULL_REGISTRIES, 600).optional(),
  REGISTRY_KEY: z.string().optional(),
  MODEL_BUCKETS: atMost(modelPull.MODEL_BUCKETS, 1000).optional(),
  MODEL_ACCESS_KEY_ID: text.optional(),
  MODEL_ACCESS_KEY_SECRET: text.optional(),
  OLLAMA_PROXY_IMAGE: image,
  GPU_TYPE: oneOf(...(Object.keys(CARDS) as [string])).optional(),
  GPU_MEMORY_MB: count(1, 1_000_000).optional(),
  GPU_CPU: count(1, 64).optional(),
  GPU_RAM_MB: count(1, 1_000_000).optional(),
  GPU_INSTANCES: count(1, 100).optional(),
  GPU_IDLE_INSTANCES: count(0, 100).optional(),
  OLLAMA_CONTEXT_LENGTH: ollamaProxy.OLLAMA_CONTEXT_LENGTH,
  MODELS_TO_LOAD: ollamaProxy.MODELS_TO_LOAD,
};

/** What is asked for where they are in two zones. */
const GPUS = {
  VSWITCH_ID_B: id('vsw'),
  OLLAMA_PROXY_B_URL: address('').optional(),
  GPU_IDLE_INSTANCES_BY_DAY: count(0, 100).optional(),
};

/** All variables of a deploy by name, and what each may say. What is undefined must not be needed. */
export function variablesOf({ profile, lobechat }: Choice): Record<string, z.ZodType> {
  return {
    ...COMMON,
    ...(profile !== 'small' && GPU),
    ...(profile === 'gpus' && GPUS),
    ...(lobechat !== 'none' && LOBECHAT),
    ...(lobechat === '1' && LOBECHAT_1),
    ...(lobechat === '2' && LOBECHAT_2),
  };
}
