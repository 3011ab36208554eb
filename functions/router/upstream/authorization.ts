import type { Credential } from '#shared/catalog/catalog.ts';

/** A request as far as a credential is of it alone. */
export interface Signed {
  method: string;
  url: URL;
}

/** What stands in `authorization` of one request to an upstream. */
export async function authorizationFor(credential: Credential, { method, url }: Signed): Promise<string> {
  if (credential.kind === 'bearer') return `Bearer ${credential.token}`;
  // Loaded when it is first needed: a router without such an upstream starts without it.
  const { signCredential } = await import('#shared/credential/sign-credential.ts');
  const demand = { audience: 'ollama-proxy', subject: 'router', method, path: url.pathname } as const;
  return `Bearer ${await signCredential(credential.secret, demand)}`;
}
