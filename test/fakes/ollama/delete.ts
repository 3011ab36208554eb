import { failures } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { readGoJson } from './go-json.ts';
import { parseName } from './names.ts';
import type { Ollama } from './server-state.ts';
import { sendWhole } from './wire.ts';

/** `DELETE /api/delete`: 200 and an empty body. */
export async function deleteModel(ollama: Ollama, exchange: Exchange): Promise<void> {
  const body = readGoJson(exchange.record.bodyText, 'api.DeleteRequest', failures.missingBody());
  const requested = String(body.model || body.name || '');
  if (!parseName(requested)) throw failures.invalidNameToDelete(requested);
  ollama.models.remove(requested);
  await sendWhole(exchange, 200, '', 'text/plain; charset=utf-8');
}
