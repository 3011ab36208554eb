import { PromptCount, type PromptSize } from '../prompt-size.ts';

/** Texts and objects that no upstream puts before a model. Of other fields we do not know that. */
export const NEVER_READ: ReadonlySet<string> = new Set([
  'model',
  'stop',
  'logit_bias',
  'stream_options',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'metadata',
]);

const ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

/**
 * The size of a chat request's prompt.
 *
 * An upstream that speaks our protocol gets the request as it came, so all that one might read counts for the
 * bound, under whatever name it stands.
 */
export function measurePrompt(request: Readonly<Record<string, unknown>>): PromptSize {
  const size = new PromptCount();
  const toolNames = new Map<unknown, unknown>();
  for (const [field, value] of Object.entries(request)) {
    if (NEVER_READ.has(field) || !(typeof value === 'string' || isObject(value))) continue;
    if (field === 'messages' && Array.isArray(value))
      for (const message of value) measureMessage(message, size, toolNames);
    else if (field === 'tools' || field === 'functions') {
      size.tools += Array.isArray(value) ? value.length : 1;
      size.json(value);
    }
    // A schema too: but for one vendor's, upstreams keep to it and do not show it to the model.
    else size.perhaps({ [field]: value });
  }
  return size;
}

/** @param toolNames of the calls before, by their ids. */
function measureMessage(message: unknown, size: PromptCount, toolNames: Map<unknown, unknown>): void {
  size.messages += 1;
  if (!isObject(message)) {
    size.perhaps(message);
    return;
  }
  // Several templates write the result of a tool as JSON.
  const isResult = message.role === 'tool' || message.role === 'function';
  // And its call's name, which Ollama is told again.
  const calledName = isResult ? toolNames.get(message.tool_call_id) : undefined;
  if (calledName !== undefined) size.perhaps(calledName);
  for (const [field, value] of Object.entries(message)) {
    switch (field) {
      case 'role':
        // The usual ones are part of what a template adds to each message.
        if (!ROLES.has(value)) size.perhaps(value);
        break;
      case 'content':
        measureContent(value, size, isResult);
        break;
      case 'reasoning_content':
      case 'name':
        measureText(value, size, false);
        break;
      case 'tool_calls':
      case 'function_call':
        size.json(value);
        if (Array.isArray(value)) noteNames(value, toolNames);
        break;
      default:
        // Thinking that stands under both its names is read once.
        if (field === 'reasoning' && message.reasoning_content == null) measureText(value, size, false);
        else size.perhaps({ [field]: value });
    }
  }
}

function noteNames(calls: readonly unknown[], toolNames: Map<unknown, unknown>): void {
  for (const call of calls) {
    if (isObject(call) && isObject(call.function)) toolNames.set(call.id, call.function.name);
  }
}

function measureContent(content: unknown, size: PromptCount, isResult: boolean): void {
  if (!Array.isArray(content)) {
    measureText(content, size, isResult);
    return;
  }
  for (const part of content) {
    size.bytes += PART_BYTES;
    if (isObject(part)) measurePart(part, size, isResult);
    else measureText(part, size, isResult);
  }
}

/** Where a template joins the parts it is a line end, where it writes them as JSON `{"type": "text", "text": ""}, `. */
const PART_BYTES = 32;

function measurePart(part: Record<string, unknown>, size: PromptCount, isResult: boolean): void {
  for (const [field, value] of Object.entries(part)) {
    if (field === 'type' && isShort(value)) continue;
    if (field === 'text' || field === 'refusal') measureText(value, size, isResult);
    else if (field === 'image_url') size.images += 1;
    // Sound, files: what they come to nobody knows, so their data counts as it stands.
    else size.perhaps({ [field]: value });
  }
}

function measureText(text: unknown, size: PromptCount, isResult: boolean): void {
  if (typeof text !== 'string') size.perhaps(text);
  else if (isResult) size.quoted(text);
  else size.text(text);
}

const isShort = (value: unknown) => typeof value === 'string' && value.length < 16;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
