import type { Exchange } from '#shared/http/exchange.ts';
import { readBody } from '#shared/http/read-body.ts';
import type { Call } from '#shared/protocol/call.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import type { RouterConfig } from '../config.ts';
import type { Surface } from '../surfaces/surface.ts';

export async function readCall(surface: Surface, exchange: Exchange, config: RouterConfig): Promise<Call> {
  const body = await readBody(exchange.incoming, config.BODY_LIMIT_BYTES);
  const call = surface.readCall(readJsonDocument(body, config.JSON_DEPTH_LIMIT));
  exchange.facts.model = call.model.slice(0, 200);
  exchange.facts.stream = call.stream;
  return call;
}
