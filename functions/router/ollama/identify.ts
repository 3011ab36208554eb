import type { Context } from 'hono';

/**
 * The version of Ollama whose API is spoken here. Clients compare it with the one they need (editors refuse to work with
 * less than some 0.6), so it is Ollama's number and not ours.
 */
const VERSION = '0.33.0';

/** `GET /api/version` */
export const ollamaVersion = (c: Context): Response => c.json({ version: VERSION });

/** `GET /`: Ollama's clients ask so whether there is anybody, before they show a key. */
export const ollamaIsRunning = (c: Context): Response => c.text('Ollama is running');
