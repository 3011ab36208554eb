import { parseArgs } from 'node:util';

export interface StartArguments {
  /** One line of JSON on standard output instead of words for a person. */
  json: boolean;
  /** Freezes, ends and replaces instances as FC may. */
  strict: boolean;
  /** Uses a `DATABASE_URL` in which others have consumers. */
  join: boolean;
  dataDirectory: string;
  port: number;
}

export const USAGE = `Usage: npm start -- [options]

  --data DIR   where keys and the database are kept (.data)
  --port N     where the gateway listens, if it is free (9000)
  --strict     do to functions what Function Compute may do: freeze each between
               two calls, end it after a minute without any, replace it after 20,
               kill it then without a SIGTERM, and add CORS headers to its own
               (docs/local-fc.md)
  --join       add a consumer and a key to the database of DATABASE_URL although
               it holds consumers already; without this such a database is refused
               (keys of another pepper than this data directory's are unknown here)
  --json       print one line of JSON when ready: npm start --silent -- --json
  --help       this

  DATABASE_URL   a PostgreSQL to migrate and use instead of the one in DIR
  OLLAMA_URLS    Ollamas, with commas between them (http://127.0.0.1:11434)
  OLLAMA_COMMAND an ollama program to run behind ollama-proxy, as on a GPU instance;
                 without it there is no ollama-proxy
  OLLAMA_MODELS  the folder into which model-pull brings models (DIR/models)
  UPSTREAM_…     passed on to the router, for upstreams that name them
`;

/** @throws TypeError that names the argument that is wrong. */
export function readArguments(argv: string[]): StartArguments | 'help' {
  const { values } = parseArgs({
    args: argv,
    options: {
      join: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      data: { type: 'string', default: '.data' },
      port: { type: 'string', default: '9000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TypeError(`--port wants a number from 1 to 65535, not '${values.port}'.`);
  }
  const { json, strict, join } = values;
  return { json, strict, join, dataDirectory: values.data, port };
}
