import type { FoundOllama } from './find-ollamas.ts';

/** What a script is told as one line of JSON, but for `keyWorks`. */
export interface Started {
  url: string;
  key: string;
  /** False when the first key is refused: it or its consumer is disabled, or it has expired. */
  keyWorks: boolean;
  models: string[];
  databaseUrl: string;
  /** For Prometheus, with the token as a bearer's. */
  metricsUrl: string;
  metricsToken: string;
}

export interface Circumstances {
  /** The port that was asked for, when it was taken. */
  takenPort: number | undefined;
  ollamas: readonly FoundOllama[];
  /** Where models are brought to. */
  store: string;
  dataDirectory: string;
  /** Where the database is, without who is let in. */
  databasePlace: string;
  /** The model to begin with, if one chats. */
  modelToTry: string | undefined;
}

/** What a person needs to begin, readable at a glance. */
export function announcement(started: Started, circumstances: Circumstances): string {
  const { url, key, keyWorks, models, metricsUrl, metricsToken } = started;
  const { takenPort, store, dataDirectory, databasePlace } = circumstances;
  return [
    '',
    '  Sublet is up.',
    '',
    ...(takenPort === undefined ? [] : [`  (Port ${takenPort} is taken, so it took another.)`, '']),
    `  Base URL   ${url}/v1`,
    keyWorks
      ? `  API key    ${key}`
      : '  API key    The first key is disabled (or its consumer is): use another.',
    `  Models     ${models.join(', ')}`,
    ...ollamaLines(circumstances),
    `  Store      ${store}`,
    '             npm run sublet -- models pull qwen3:8b brings a model there.',
    `  Database   ${databasePlace}`,
    '             npm start --silent -- --json prints its URL.',
    `  Metrics    ${metricsUrl}`,
    `             curl ${metricsUrl} -H 'Authorization: Bearer ${metricsToken}'`,
    '',
    ...howToBegin(started, circumstances),
    `  Keys are kept in ${dataDirectory}. Ctrl-C ends everything.`,
    '',
  ].join('\n');
}

function howToBegin({ url, key, keyWorks }: Started, { modelToTry: model }: Circumstances): string[] {
  if (model === undefined) return [];
  const shownKey = keyWorks ? key : 'sk-…';
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello!' }] });
  return [
    '  Try it:',
    '',
    `  curl -N ${url}/v1/chat/completions \\`,
    `    -H 'Authorization: Bearer ${shownKey}' -H 'Content-Type: application/json' \\`,
    `    -d '${body}'`,
    '',
    '  In LobeChat: Settings, AI Service Provider, OpenAI',
    `    API Key        ${shownKey}`,
    `    API Proxy URL  ${url}/v1`,
    `    then "Fetch models", and check with the model ${model}`,
    '',
  ];
}

function ollamaLines({ ollamas }: Circumstances): string[] {
  if (ollamas.length === 0)
    return ['             No Ollama answers at 127.0.0.1:11434; name others with OLLAMA_URLS.'];
  return ollamas.flatMap(({ url, models, leftOut }) => [
    `  Ollama     ${url} ${models ? `(${models.length} models)` : 'does not answer'}`,
    ...(leftOut.length > 0
      ? [`             left out, for it cannot describe them: ${leftOut.join(', ')}`]
      : []),
  ]);
}
