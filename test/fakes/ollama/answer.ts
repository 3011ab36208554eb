import { isAdmitted } from './admission.ts';
import { failures, nativeErrorBody, OllamaError, openAiErrorBody } from './errors.ts';
import { type Exchange, hang } from './exchange.ts';
import { goJson, isObject } from './go-json.ts';
import { type Route, routesAt } from './routes.ts';
import type { Ollama } from './server-state.ts';
import { sendWhole } from './wire.ts';

/** Finds the route and turns a failure before the first byte into that surface's error. */
export async function answer(ollama: Ollama, exchange: Exchange, findFault: FindFault, publish: () => void) {
  const { record } = exchange;
  const matches = routesAt(record.path);
  const route = matches.find(({ methods }) => methods.includes(record.method));
  exchange.fault = isAdmitted(record.headers)
    ? findFault(record.path, route?.isInference === true)
    : undefined;
  if (exchange.fault?.kind === 'refuse') {
    publish();
    return destroy(exchange);
  }
  await readBody(exchange);
  publish();
  if (!isAdmitted(record.headers)) return refuseBare(exchange);
  if (!route) return sendPlain(exchange, matches.length > 0 ? 405 : 404);
  try {
    await strikeEarly(exchange);
    if (!exchange.response.writableEnded && !exchange.response.destroyed)
      await route.handle(ollama, exchange);
  } catch (error) {
    if (!(error instanceof OllamaError) || exchange.response.headersSent) throw error;
    await sendError(exchange, route, error);
  }
}

export type FindFault = (path: string, isInference: boolean) => Exchange['fault'];

/** The faults that need no model: they end the answer before it began. */
async function strikeEarly(exchange: Exchange): Promise<void> {
  const { fault, gone, response } = exchange;
  switch (fault?.kind) {
    case 'hang-before-head':
      return hang(gone);
    case 'queue-full':
      throw failures.queueFull();
    case 'error-status':
      if (fault.body === undefined) throw new OllamaError(fault.status, fault.message ?? 'fault on demand');
      return sendWhole(exchange, fault.status, fault.body, 'text/html', fault.headers);
    case 'html':
      return sendWhole(exchange, 200, '<!doctype html><title>Sign in</title>', 'text/html; charset=utf-8');
    case 'garbage-head':
      exchange.markCut();
      response.socket?.end('this is not HTTP\r\n\r\n', () => response.socket?.destroy());
      return;
    default:
  }
}

function sendError(exchange: Exchange, { path }: Route, error: OllamaError): Promise<void> {
  const { fault } = exchange;
  const isOpenAi = exchange.record.path.startsWith('/v1/') && path !== '/';
  const body = goJson(isOpenAi ? openAiErrorBody(error) : nativeErrorBody(error));
  const headers = fault?.kind === 'error-status' ? fault.headers : undefined;
  // An error is sent as it is: the fault has either caused it or come too late for this request.
  const unharmed = { ...exchange, fault: undefined };
  return sendWhole(unharmed, error.status, body, isOpenAi ? 'application/json' : JSON_TYPE, headers);
}

const JSON_TYPE = 'application/json; charset=utf-8';

function destroy(exchange: Exchange): void {
  exchange.markCut();
  exchange.request.socket.destroy();
}

async function readBody({ request, record, gone }: Exchange): Promise<void> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) parts.push(part as Buffer);
  } catch {
    // Half a body means that the client has left, which the socket is about to tell as well.
    return hang(gone);
  }
  record.bodyText = Buffer.concat(parts).toString('utf8');
  try {
    const body: unknown = JSON.parse(record.bodyText);
    if (isObject(body)) record.body = body;
  } catch {
    // The route complains in its own words; the record keeps the text.
  }
}

function refuseBare({ response, record }: Exchange): void {
  record.update({ status: 403 });
  response.writeHead(403, { 'content-length': '0' }).end();
}

const sendPlain = (exchange: Exchange, status: 404 | 405) =>
  sendWhole(exchange, status, status === 404 ? '404 page not found' : '405 method not allowed', 'text/plain');
