/** What a path of the registry is for. */
export type Wish =
  | { of: 'version' }
  | { of: 'token' }
  | { of: 'manifest'; repository: string; tag: string }
  | { of: 'blob'; repository: string; digest: string };

/** Undefined for a path that there is not. Nothing is decoded or made simpler: names are what is sent. */
export function wishOf(url: string): Wish | undefined {
  const [path = ''] = url.split('?');
  if (path === '/token') return { of: 'token' };
  if (path === '/v2/' || path === '/v2') return { of: 'version' };
  const [, repository = '', kind, rest = ''] =
    /^\/v2\/([^/]+\/[^/]+)\/(manifests|blobs)\/(.+)$/.exec(path) ?? [];
  if (kind === 'manifests') return { of: 'manifest', repository, tag: rest };
  return kind === 'blobs' ? { of: 'blob', repository, digest: rest } : undefined;
}
