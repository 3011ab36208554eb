import { openaiChat } from './openai-chat.ts';
import type { Surface } from './surface.ts';

/** Every surface, by the path at which it is spoken. */
export const surfaces: ReadonlyMap<string, Surface> = new Map([['/v1/chat/completions', openaiChat]]);

/** The surface whose callers ask for this path; where there is none, OpenAI's words are the most widely understood. */
export const surfaceAt = (path: string): Surface => surfaces.get(path) ?? openaiChat;
