import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';

/** Whether Ollama on a loopback address would talk to this client at all; if not it answers a bare 403. */
export const isAdmitted = (headers: IncomingHttpHeaders): boolean =>
  isLocalHost(headers.host ?? '') && isAllowedOrigin(headers.origin, headers.host);

function isLocalHost(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  if (name === '' || name === 'localhost' || /\.(localhost|local|internal)$/.test(name)) return true;
  if (isIPv4(name)) return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|0\.0\.0\.0$)/.test(name);
  return name === '::1' || name === '::';
}

const LOCAL_ORIGIN =
  /^(https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0)(:\d+)?|(app|file|tauri):\/\/.*|vscode-(webview|file):\/\/.*)$/;

function isAllowedOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return true;
  return LOCAL_ORIGIN.test(origin);
}
