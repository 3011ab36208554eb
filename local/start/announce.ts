import type { FoundOllama } from './find-ollamas.ts';

/** What a script is told, as one line of JSON. */
export interface Started {
  url: string;
  key: string;
  models: string[];
  databaseUrl: string;
}

export interface Circumstances {
  /** The port that was asked for, when it was taken. */
  takenPort: number | undefined;
  ollamas: readonly FoundOllama[];
  dataDirectory: string;
}

/** What a person needs to begin, readable at a glance. */
export function announcement({ url, key, models }: Started, circumstances: Circumstances): string {
  const { takenPort, ollamas, dataDirectory } = circumstances;
  const body = JSON.stringify({
    model: models[0],
    stream: true,
    messages: [{ role: 'user', content: 'Hello!' }],
  });
  return [
    '',
    '  Sublet is up.',
    '',
    ...(takenPort === undefined ? [] : [`  (Port ${takenPort} is taken, so it took another.)`, '']),
    `  Base URL   ${url}/v1`,
    `  API key    ${key}`,
    `  Models     ${models.join(', ')}`,
    ...ollamas.map(ollamaLine),
    ...(ollamas.length > 0
      ? []
      : ['             No Ollama answers at 127.0.0.1:11434; name others with OLLAMA_URLS.']),
    '',
    '  Try it:',
    '',
    `  curl -N ${url}/v1/chat/completions \\`,
    `    -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `    -d '${body}'`,
    '',
    '  In LobeChat: Settings, AI Service Provider, OpenAI',
    `    API Key        ${key}`,
    `    API Proxy URL  ${url}/v1`,
    `    then "Fetch models", and check with the model ${models[0]}`,
    '',
    `  Keys and usage are kept in ${dataDirectory}. Ctrl-C ends everything.`,
    '',
  ].join('\n');
}

const ollamaLine = ({ url, models }: FoundOllama) =>
  models ? `  Ollama     ${url} (${models.length} models)` : `  Ollama     ${url} does not answer`;
