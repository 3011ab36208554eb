import type { EndedInstance, FailedInvocation, InstanceLine, LogFault, MissedRun } from '../fc/settings.ts';
import { functionLogLine, timerRunIn } from './function-log-line.ts';

/**
 * What a person hears of the functions. Timers go on firing: of their runs only failures are told, and no
 * failure again before a run has gone well.
 */
export class FunctionLog {
  readonly #write: (text: string) => void;
  readonly #told = new Map<string, Set<string>>();

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  line(line: InstanceLine): void {
    const run = timerRunIn(line);
    if (!run || this.#isNews(line.functionName, run.triggerName, run.failure)) {
      this.#write(functionLogLine(line));
    }
  }

  missed({ functionName, triggerName, reason }: MissedRun): void {
    const [failure = ''] = reason.split('\n', 1); // what follows are the instance's last lines, which were told
    if (!this.#isNews(functionName, triggerName, failure)) return;
    this.#write(`${functionName}: the timer ${triggerName} had no answer: ${failure}\n`);
  }

  failed({ functionName, id, reason }: FailedInvocation): void {
    const [failure = ''] = reason.split('\n', 1);
    this.#write(`${functionName}: the asynchronous invocation ${id} has failed: ${failure}\n`);
  }

  fault({ functionName, fault }: LogFault): void {
    this.#write(`${functionName}: its log holds ${fault}.\n`);
  }

  ended({ functionName, reason, calls, freezes }: EndedInstance): void {
    const cause = reason === 'idle' ? 'is ended, being idle' : 'makes room for another';
    this.#write(`${functionName}: an instance ${cause}, calls: ${calls}, freezes: ${freezes}\n`);
  }

  #isNews(functionName: string, triggerName: string, failure: string | undefined): boolean {
    const timer = `${functionName} ${triggerName}`;
    const told = this.#told.get(timer) ?? new Set();
    this.#told.set(timer, told);
    if (failure === undefined) told.clear();
    if (failure === undefined || told.has(failure)) return false;
    told.add(failure);
    return true;
  }
}
