import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { MANIFEST_TYPE } from '#shared/protocol/registry/manifest.ts';
import { signedText } from './ssh-signature.ts';

export const OLLAMA = { accept: MANIFEST_TYPE, 'user-agent': 'ollama/0.33.0 (amd64 linux) Go/go1.24.1' };

interface Got {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** How the body ended. */
  end: 'whole' | 'broken';
}

type Headers = Record<string, string>;

/** The head of an answer; its body waits to be read. No redirect is followed. */
export const opened = (url: string, options: RequestOptions = {}) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { agent: false, ...options })
      .on('response', resolve)
      .on('error', reject)
      .end();
  });

/** The whole answer, or as much of it as came. */
export async function got(url: string, headers: Headers = {}, method = 'GET'): Promise<Got> {
  const response = await opened(url, { method, headers });
  const chunks: Buffer[] = [];
  const end = await (async () => {
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return 'whole' as const;
  })().catch(() => 'broken' as const);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks), end };
}

/** Every byte of an answer until the connection ends, each as a character. */
export async function onTheWire(url: string, header: string): Promise<string> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${header}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

export const head = (url: string, headers: Headers = {}) => got(url, headers, 'HEAD');

/** Where an answer sends its client, as a whole address. */
export const locationOf = ({ headers }: Got, from: string) => new URL(headers.location ?? '', from).href;

/** A key as `ssh-keygen -t ed25519` makes one. */
export function aKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
  const type = Buffer.from('ssh-ed25519');
  const wire = Buffer.concat([lengthOf(type), type, lengthOf(raw), raw]).toString('base64');
  return { wire, sign: (url: string) => sign(null, signedText('GET', url), privateKey).toString('base64') };
}

/** The address to ask for a token, as Ollama writes it: names sorted. */
export function tokenUrl(challenge: string, changes: Headers = {}): string {
  const [realm = '', service = '', scope = ''] = ['realm', 'service', 'scope'].map(
    (name) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1],
  );
  const nonce = randomBytes(16).toString('base64url');
  const ts = String(Math.floor(Date.now() / 1000));
  return `${realm}?${new URLSearchParams({ nonce, scope, service, ts, ...changes })}`;
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}
