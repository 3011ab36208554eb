import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { GatewayError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { errorObject } from '../protocol/openai/error-object.ts';
import { logWhenEnded } from './access-log.ts';
import { isInvocation } from './answer-invocation.ts';
import { answerControlPath, type Lifecycle } from './control-paths.ts';
import { allowCrossOrigin, answerPreflight } from './cors.ts';
import { type Exchange, openExchange } from './exchange.ts';

/** Fit to serve, or not and why. The reason is shown to anyone, so it names no address and no secret. */
export type Health = { status: 'ok' } | { status: 'unavailable'; reason: string };

/** What a function gives to the door. */
export interface HttpFunction extends Lifecycle {
  /** Answers a request; what it relays it writes to `exchange.outgoing` itself. */
  fetch(request: Request, exchange: Exchange): Response | Promise<Response>;
  health(): Promise<Health>;
}

export interface DoorOptions {
  address: string;
  port: number;
  log: Log;
  drainTimeoutMs: number;
  /** True for functions that browsers call. */
  crossOrigin: boolean;
}

export interface Door {
  port: number;
  /** Stops listening, waits for the calls in flight, gives back what the function holds. */
  drain(): Promise<void>;
}

/** The one way in which every function starts. */
export async function openDoor(app: HttpFunction, options: DoorOptions): Promise<Door> {
  const server = createFcServer(options, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  options.log.info('listening', { port });
  return { port, drain: () => drain(server, app, options) };
}

/** Ends the process in order on SIGTERM or SIGINT; asking twice does not hurry it, the drain is bounded. */
export function drainOnSignal(door: Door, log: Log): void {
  let draining = false;
  const end = () => {
    if (draining) return;
    draining = true;
    door
      .drain()
      .catch((error: unknown) => log.error('drain', errorFields(error)))
      .finally(() => process.exit(0));
  };
  process.on('SIGTERM', end).on('SIGINT', end);
}

/**
 * FC keeps idle connections to us and does not retry a POST on one that we closed, so we never close
 * first, and no request is too long for us: FC has its own limit (reference: fc-docs 08/062, 04/126).
 */
function createFcServer(options: DoorOptions, app: HttpFunction): Server {
  const limits = {
    keepAliveTimeout: 0,
    requestTimeout: 0,
    headersTimeout: 0,
    connectionsCheckingInterval: 0x7fffffff,
  };
  const exchanges = new WeakMap<object, Exchange>();
  const listener = getRequestListener(
    (request, { incoming }) => app.fetch(request, exchanges.get(incoming)!),
    { errorHandler: (error) => answerUnreadable(error, options.log) },
  );
  const server = createServer(limits, (incoming, outgoing) => {
    const exchange = openExchange(incoming, outgoing);
    exchanges.set(incoming, exchange);
    if (!isInvocation(exchange)) logWhenEnded(exchange, options.log); // that one has a line of its own
    if (!server.listening) outgoing.setHeader('connection', 'close');
    // A connection that falls idle during the drain would keep the server open for ever.
    outgoing.once('close', () => server.listening || server.closeIdleConnections());
    if (options.crossOrigin) {
      allowCrossOrigin(incoming, outgoing);
      if (answerPreflight(incoming, outgoing)) return;
    }
    if (incoming.headers['x-fc-control-path'] === incoming.url || isHealthCheck(exchange)) {
      answerPlatform(exchange, app, options.log)
        .then((answered) => (answered ? undefined : listener(incoming, outgoing)))
        .catch((error: unknown) => {
          options.log.error('platform', errorFields(error));
          outgoing.destroy();
        });
    } else void listener(incoming, outgoing);
  });
  server.timeout = 0;
  return server;
}

/** A request that cannot even be read as one, such as with a host that is no host. */
function answerUnreadable(error: unknown, log: Log): Response {
  log.error('unreadable request', errorFields(error));
  const failure = new GatewayError('invalid_request', 'This is not a valid HTTP request.');
  return Response.json(errorObject(failure), { status: failure.status });
}

async function answerPlatform(exchange: Exchange, app: HttpFunction, log: Log): Promise<boolean> {
  if (await answerControlPath(exchange, app, log)) return true;
  if (!isHealthCheck(exchange)) return false;
  const health = await app.health();
  exchange.outgoing
    .writeHead(health.status === 'ok' ? 200 : 503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    .end(exchange.incoming.method === 'HEAD' ? undefined : JSON.stringify(health));
  return true;
}

const isHealthCheck = ({ incoming }: Exchange) =>
  /^\/healthz(\?|$)/.test(incoming.url ?? '') && (incoming.method === 'GET' || incoming.method === 'HEAD');

async function drain(server: Server, app: HttpFunction, { log, drainTimeoutMs }: DoorOptions): Promise<void> {
  log.info('draining');
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const cut = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  await app.leave?.();
  await closed;
  clearTimeout(cut);
  await app.preStop();
}
