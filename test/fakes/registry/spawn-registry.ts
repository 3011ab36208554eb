import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./serve.ts', import.meta.url));

interface Serving {
  origin: string;
  host: string;
  cdnOrigin: string;
  models: { name: string; digests: string[] }[];
}

interface Report {
  served: Record<string, { bytes: number; mostParallel: number }>;
  leaks: number;
}

interface Wanted {
  port?: number;
  large?: { name: string; sizeBytes: number; seed?: number }[];
  slow?: { chunkBytes: number; delayMs: number };
}

/** Starts the fake registry as a process of its own; it has `library/tiny:latest` and the large models asked for. */
export async function spawnRegistry(wanted: Wanted = {}) {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(wanted)], {
    stdio: 'pipe',
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const closed = once(child, 'close');
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The fake registry has ended: ${complaint}`);
    return JSON.parse(value);
  };
  return {
    ...((await next()) as Serving),
    async report(): Promise<Report> {
      child.stdin.write('report\n');
      return (await next()) as Report;
    },
    /** @throws Error when it did not end well, as when its CDN saw a credential. */
    async stop(): Promise<void> {
      child.stdin.end();
      const [code] = await closed;
      if (code !== 0) throw new Error(`The fake registry ended with ${code}: ${complaint}`);
    },
  };
}
