import type { LogStream } from './instance-process.ts';

/** One line that an instance wrote. */
export interface InstanceLine {
  functionName: string;
  instanceId: string;
  stream: LogStream;
  line: string;
}

/** A firing of a timer to which no function answered. */
export interface MissedRun {
  functionName: string;
  triggerName: string;
  reason: string;
}

/** Something asynchronous that FC has given up. */
export interface FailedInvocation {
  functionName: string;
  id: string;
  reason: string;
}

/** An instance that FC ends of its own accord. */
export interface EndedInstance {
  functionName: string;
  reason: 'idle' | 'replaced';
  /** How many requests it was given, and how often it was frozen. */
  calls: number;
  freezes: number;
}

/** Something in a function's log that should not be there. */
export interface LogFault {
  functionName: string;
  instanceId: string;
  /** In words that may be shown. */
  fault: string;
}

/** How the local FC behaves, where s.yaml does not say. */
export interface Settings {
  /** Stops the instance's processes while no request is in flight, as FC does. */
  freeze: boolean;
  /** FC takes up to 50. */
  freezeAfterMs: number;
  /** Ends an instance that has had no request for so long; undefined keeps it. */
  idleMs: number | undefined;
  /** Gives an instance no more than so many requests, and the next to another; undefined keeps it. */
  replaceAfterCalls: number | undefined;
  /** What FC needs to bring a machine before the process starts. */
  startDelayMs: number;
  /** From spawn to a listening port and a first good health check. */
  startTimeoutMs: number;
  /** The bound on instances of a function that reserves none. */
  maxInstances: number;
  /** How long an orderly end waits for requests in flight before it cuts them. */
  drainTimeoutMs: number;
  /** From SIGTERM to SIGKILL at an orderly end; 0 is SIGKILL alone, after pre-stop. */
  terminateGraceMs: number;
  /**
   * Echoes Origin where the function sets no CORS header, as FC does. `merged` puts in also beside the function's
   * own what of it these lack: FC's documentation can be read so, too.
   */
  cors: boolean | 'merged';
  /** Answers as the address that FC gives each function, where a browser downloads whatever it is given. */
  defaultDomain: boolean;
  /** Fires the timers of s.yaml when they are due; without it they fire when `fireTimer` is called. */
  timers: boolean;
  /** Delivers what is asynchronous twice, and both at the same time: FC promises only that it comes at least once. */
  deliverTwice: boolean;
  onLog: (line: InstanceLine) => void;
  onLogFault: (fault: LogFault) => void;
  onEndedInstance: (instance: EndedInstance) => void;
  /** What a function answers to a timer goes nowhere, as on FC: its own log tells of it. */
  onMissedRun: (run: MissedRun) => void;
  onFailedInvocation: (invocation: FailedInvocation) => void;
}

export function withDefaults(chosen: Partial<Settings>): Settings {
  return {
    freeze: true,
    freezeAfterMs: 0,
    idleMs: undefined,
    replaceAfterCalls: undefined,
    startDelayMs: 0,
    startTimeoutMs: 120_000,
    maxInstances: 10,
    drainTimeoutMs: 10_000,
    terminateGraceMs: 2_000,
    cors: true,
    defaultDomain: false,
    timers: false,
    deliverTwice: false,
    onLog: () => {},
    onLogFault: () => {},
    onEndedInstance: () => {},
    onMissedRun: () => {},
    onFailedInvocation: () => {},
    ...chosen,
  };
}
