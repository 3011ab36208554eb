/** How a conversation began, by which it is known again at its next turn. */
export interface Conversation {
  /** Its model, and all messages before the first answer. */
  opening: string;
  /** It has had an answer: some upstream has read its beginning. */
  isContinued: boolean;
}

/** Reads it from the `messages` of a request, which all chat protocols call so; undefined where there are none. */
export function conversationOf(request: Readonly<Record<string, unknown>>): Conversation | undefined {
  const { messages, system } = request;
  if (!Array.isArray(messages)) return undefined;
  const at = messages.findIndex((message: { role?: unknown } | null) => message?.role === 'assistant');
  const opening = JSON.stringify([system, at < 0 ? messages : messages.slice(0, at)]);
  return { opening, isContinued: at >= 0 };
}
