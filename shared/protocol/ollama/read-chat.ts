import * as z from 'zod';
import { listOf } from '../list-of.ts';
import type { Prompt, Tool } from '../prompt.ts';
import { toolName } from '../tool-name.ts';
import { readOptions } from './options.ts';
import { readMessages } from './read-messages.ts';
import { inferenceShape, readInference } from './request-fields.ts';

const ToolCall = z.looseObject({
  id: z.string().nullish(),
  function: z.looseObject({ name: toolName, arguments: z.looseObject({}).nullish() }),
});

export const ChatMessage = z.looseObject({
  role: z
    .string()
    .transform((role) => role.toLowerCase())
    // `developer` is OpenAI's word for it, which LobeChat sends here too.
    .pipe(z.enum(['system', 'developer', 'user', 'assistant', 'tool'])),
  content: z.string().nullish(),
  thinking: z.string().nullish(),
  images: listOf(z.string()).nullish(),
  tool_calls: listOf(ToolCall).nullish(),
  tool_name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

/** A request to `/api/chat`. */
export const ChatRequest = z.looseObject({
  ...inferenceShape,
  messages: listOf(ChatMessage).nullish(),
  tools: listOf(
    z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string().min(1) }) }),
  ).nullish(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

/** @throws GatewayError naming the field that is wrong, or that has no meaning here. */
export const readChat = (request: ChatRequest): Prompt => ({
  messages: readMessages(request.messages ?? []),
  tools: (request.tools ?? []) as Tool[],
  toolChoice: 'auto',
  ...readInference(request),
  ...readOptions(request.options),
});
