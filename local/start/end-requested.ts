/** A second signal sooner than this is the first one's echo: npm passes Ctrl-C on, which the terminal sent us already. */
const ECHO_MS = 1_000;

interface Surroundings {
  signals: Pick<NodeJS.EventEmitter, 'on'>;
  nowMs: () => number;
  /** What somebody wants who asks again. */
  endAtOnce: () => void;
}

/** Resolves at the first SIGINT or SIGTERM. */
export function endRequested({ signals, nowMs, endAtOnce }: Surroundings = REAL): Promise<void> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = () => {
      firstAtMs ??= nowMs();
      if (nowMs() - firstAtMs >= ECHO_MS) endAtOnce();
      resolve();
    };
    signals.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}

const REAL: Surroundings = {
  signals: process,
  nowMs: () => performance.now(),
  endAtOnce: () => {
    // Instances are killed with us; PostgreSQL lives on, and the next start takes it over.
    process.stderr.write('Ended at once.\n');
    process.exit(1);
  },
};
