import type { Upstream } from '#shared/catalog/catalog.ts';
import type { AnswerIdentity } from '#shared/protocol/answer-identity.ts';
import type { Call } from '#shared/protocol/call.ts';
import { type Measuring, type Passage, TranslatedPassage } from '#shared/protocol/passage.ts';
import { backends } from './backends/backends.ts';

/** The way of an upstream's answer to the caller: passed through where both speak the same protocol, else translated. */
export function passageOf(
  call: Call,
  { backend }: Upstream,
  identity: AnswerIdentity,
  measuring: Measuring,
): Passage {
  if (call.native?.protocol === backend) return call.native.pass(measuring);
  const reader = backends[backend].reader(call, identity.id);
  return new TranslatedPassage(reader, call.writer(identity, measuring), measuring);
}
