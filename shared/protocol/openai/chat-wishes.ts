import type { ChatRequest } from './chat-request.ts';

const END_USER_CHARACTERS = 128;

export const choicesOf = (request: ChatRequest) => request.n ?? 1;

/** The caller wants the usage as a part of the stream. */
export const wantsStreamUsage = (request: Pick<ChatRequest, 'stream_options'>) =>
  request.stream_options?.include_usage ?? false;

/** The lower one where a caller gives both names: it never wants more. */
export function outputCapOf(request: ChatRequest): { outputCap?: number } {
  const caps = [request.max_completion_tokens, request.max_tokens].filter((cap) => cap != null);
  return caps.length > 0 ? { outputCap: Math.min(...caps) } : {};
}

/** Whatever a caller writes there: what a database could not take is left out. */
export function endUserOf({ user }: Pick<ChatRequest, 'user'>): { endUser?: string } {
  const endUser = user?.replaceAll('\0', '').slice(0, END_USER_CHARACTERS).toWellFormed();
  return endUser ? { endUser } : {};
}
