import type { Exchange } from '#shared/http/exchange.ts';
import { readBody } from '#shared/http/read-body.ts';
import type { Call } from '#shared/protocol/call.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { RouterConfig } from '../config.ts';
import type { Surface } from '../surfaces/surface.ts';

/** A call in memory, and how its bytes are given back when it is let go. */
interface ReadCall {
  call: Call;
  letGo(): void;
}

export async function readCall(
  surface: Surface,
  exchange: Exchange,
  config: RouterConfig,
  bodies: BodyBudget,
): Promise<ReadCall> {
  const declared = bodies.take(Math.min(declaredBytes(exchange), config.BODY_LIMIT_BYTES));
  try {
    const body = await readBody(exchange.incoming, config.BODY_LIMIT_BYTES);
    const call = surface.readCall(readJsonDocument(body, config.JSON_DEPTH_LIMIT));
    exchange.facts.model = call.model.slice(0, 200);
    exchange.facts.stream = call.stream;
    const undeclared = bodies.take(Math.max(0, body.length - declaredBytes(exchange)));
    return {
      call,
      letGo: () => {
        declared();
        undeclared();
      },
    };
  } catch (error) {
    declared();
    throw error;
  }
}

/** 0 for a body that comes in chunks: how long it is shows at its end. */
const declaredBytes = ({ incoming }: Exchange) => Number(incoming.headers['content-length'] ?? 0);
