import { startFunction } from '#shared/http/start-function.ts';
import { ModelPullConfig } from './config.ts';
import { createModelPull } from './model-pull.ts';

await startFunction(
  { name: 'model-pull', config: ModelPullConfig, crossOrigin: false, create: createModelPull },
  process.env,
);
