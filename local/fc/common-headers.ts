import { fakeAccountId, fakeCredentials } from './fake-credentials.ts';
import type { FunctionSpec } from './spec.ts';
import { versionOf } from './version-of.ts';

type ControlPath = '/http-invoke' | '/invoke' | '/initialize' | '/pre-stop';

/** The headers that FC adds to every request to an instance; only FC can set them. */
export function commonHeaders(spec: FunctionSpec, requestId: string, controlPath: ControlPath) {
  return {
    'x-fc-request-id': requestId,
    'x-fc-access-key-id': fakeCredentials.accessKeyId,
    'x-fc-access-key-secret': fakeCredentials.accessKeySecret,
    // Gone on the newer systems: whoever relies on it there shall fail here too.
    ...(spec.runtime.match(/debian1[1-9]/) ? {} : { 'x-fc-security-token': fakeCredentials.securityToken }),
    'x-fc-function-name': spec.functionName,
    'x-fc-function-handler': spec.handler,
    'x-fc-function-memory': String(spec.memoryMb),
    'x-fc-region': spec.region,
    'x-fc-account-id': fakeAccountId,
    'x-fc-qualifier': versionOf(spec).qualifier,
    'x-fc-version-id': versionOf(spec).id,
    'x-fc-service-logproject': '',
    'x-fc-service-logstore': '',
    'x-fc-control-path': controlPath,
  };
}
