import process from 'node:process';
import * as z from 'zod';
import { readConfig } from '#shared/config.ts';
import { InternalSecret } from '#shared/credential/internal-secret.ts';
import { ModelStoreClient } from '#shared/model-store-client/model-store-client.ts';
import { keptSecrets } from '../local/start/local-secrets.ts';
import { runningAddresses } from '../local/start/running-addresses.ts';
import { SetupError } from './failure.ts';

const Environment = z.object({
  MODEL_PULL_URL: z.string().optional(),
  INTERNAL_SECRET: z.string().optional(),
});

/** The model-pull that `MODEL_PULL_URL` names, else that of the `npm start` which is running on the data directory. */
export async function openStore(dataDirectory: string): Promise<ModelStoreClient> {
  const { MODEL_PULL_URL: url, INTERNAL_SECRET: secret } = readConfig(Environment, process.env);
  if (url === undefined) return openLocal(dataDirectory);
  if (!URL.canParse(url) || !/^https?:\/\//.test(url))
    throw noStore('MODEL_PULL_URL is no http:// or https:// URL.');
  if (secret === undefined || !InternalSecret.safeParse(secret).success)
    throw noStore('INTERNAL_SECRET must be that of model-pull (at least 32 characters).');
  return clientOf(url, secret);
}

async function openLocal(dataDirectory: string): Promise<ModelStoreClient> {
  const url = (await runningAddresses(dataDirectory))['model-pull'];
  const secret = (await keptSecrets(dataDirectory))?.internalSecret;
  if (url === undefined || secret === undefined) {
    const how = 'name one in MODEL_PULL_URL, or start one with npm start';
    throw noStore(`There is no model-pull: ${how} (none is running on ${dataDirectory}).`);
  }
  process.stderr.write(`Using the model store of npm start, at ${url}.\n`);
  return clientOf(url, secret);
}

const clientOf = (url: string, secret: string) => new ModelStoreClient({ url, secret, subject: 'operator' });

const noStore = (message: string) => new SetupError('no_store', message);
