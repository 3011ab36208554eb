import { signCredential } from '#shared/credential/sign-credential.ts';

export const SECRET = 'a secret that the router and this function share';

/** Asks as the router does: with a credential of this very request. */
export async function callSigned(url: string, path: string, body?: object, init: RequestInit = {}) {
  const method = init.method ?? (body ? 'POST' : 'GET');
  const subject = { audience: 'ollama-proxy', subject: 'router' } as const;
  const credential = await signCredential(SECRET, { ...subject, method, path: path.split('?', 1)[0]! });
  return fetch(url + path, {
    method,
    ...(body && { body: JSON.stringify(body) }),
    ...init,
    headers: { authorization: `Bearer ${credential}`, ...init.headers },
  });
}
