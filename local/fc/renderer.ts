import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** One resource of s.yaml, as the component would be given it. */
export interface Resource {
  name: string;
  component: string;
  props: Record<string, unknown>;
}

/** What the child is asked, one thing at a time. */
export interface Wish {
  file: string;
  environment: Record<string, string>;
}

/** What it answers; the reason is the renderer's own words, which name the missing variable. */
export type Rendered = { resources: Resource[] } | { reason: string };

/**
 * A child that renders: parse-spec prints on stdout, reads and changes the environment of its process, and wants the
 * working directory to be that of s.yaml. It starts when it is first needed, and keeps nobody from ending.
 */
export class Renderer {
  #child: ChildProcess | undefined;
  #lastWords = '';
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws Error with the reason */
  render(wish: Wish): Promise<Resource[]> {
    const rendering = this.#turn.then(() => this.#ask(wish));
    this.#turn = rendering.catch(() => {}); // what becomes of one is nothing to the next
    return rendering;
  }

  /** What was asked for is answered before. */
  async end(): Promise<void> {
    await this.#turn;
    const child = this.#child;
    if (!child?.connected) return;
    this.#child = undefined;
    hold(child);
    const exited = once(child, 'exit'); // `close` is not said of whom one has disconnected from
    child.disconnect();
    await exited;
  }

  async #ask(wish: Wish): Promise<Resource[]> {
    this.#child ??= this.#start();
    const rendered = await this.#answer(this.#child, wish);
    if ('reason' in rendered) throw new Error(rendered.reason);
    return rendered.resources;
  }

  #answer(child: ChildProcess, wish: Wish): Promise<Rendered> {
    hold(child);
    return new Promise((resolve, reject) => {
      const failed = () => reject(new Error(this.#lastWords.trim() || 'its renderer has ended'));
      child.once('close', failed);
      child.once('message', (rendered: Rendered) => {
        child.off('close', failed);
        letGo(child);
        resolve(rendered);
      });
      child.send(wish, () => {}); // that it is not there any more, `close` says, and why
    });
  }

  #start(): ChildProcess {
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', 'ipc'];
    const child = fork(PROGRAM, { execArgv: [], env: NO_HOME, stdio });
    this.#lastWords = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-4_000);
    });
    child.once('close', () => {
      this.#child = undefined;
    });
    return child;
  }
}

const PROGRAM = fileURLToPath(new URL('render-spec.ts', import.meta.url));

/** Below this there can be no credentials of whoever runs it. */
const NO_HOME = { serverless_devs_config_home: '/dev/null' };

const ties = (child: ChildProcess) => [child, child.channel, child.stderr as Socket];
const hold = (child: ChildProcess) => ties(child).forEach((tie) => void tie?.ref());
const letGo = (child: ChildProcess) => ties(child).forEach((tie) => void tie?.unref());
