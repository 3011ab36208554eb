import { fakeAccountId, fakeCredentials } from './fake-credentials.ts';
import type { FunctionSpec } from './spec.ts';
import { versionOf } from './version-of.ts';

/**
 * All that an instance finds in its environment. The developer's own variables stay out, so that a
 * function that forgot to ask for one in s.yaml fails here and not in the cloud.
 */
export function instanceEnvironment(spec: FunctionSpec, instance: { id: string; port: number }) {
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '/tmp',
    TZ: 'UTC',
    // Nobody but the local FC speaks to an instance, least of all the network that this machine is in.
    LISTEN_ADDRESS: '127.0.0.1',
    ...spec.environment,
    FC_FUNC_CODE_PATH: spec.codeDirectory,
    FC_ACCOUNT_ID: fakeAccountId,
    FC_FUNCTION_NAME: spec.functionName,
    FC_FUNCTION_HANDLER: spec.handler,
    FC_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    FC_FUNCTION_VERSION: versionOf(spec).id,
    FC_VER_ID: versionOf(spec).id,
    FC_REGION: spec.region,
    FC_INSTANCE_ID: instance.id,
    // Instances share this machine, so none gets the port of s.yaml.
    FC_CUSTOM_LISTEN_PORT: String(instance.port),
    ALIBABA_CLOUD_ACCESS_KEY_ID: fakeCredentials.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: fakeCredentials.accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: fakeCredentials.securityToken,
  };
}
