import { beforeEach, describe, expect, it } from 'vitest';
import type { InstanceLine } from '../fc/settings.ts';
import { FunctionLog } from './function-log.ts';

let written: string[];
let log: FunctionLog;
beforeEach(() => {
  written = [];
  log = new FunctionLog((text) => written.push(text));
});

const aLine = (entry: object): InstanceLine => ({
  functionName: 'router',
  instanceId: 'i-1',
  stream: 'stdout',
  line: JSON.stringify({ time: '2026-09-01T08:09:10.111Z', level: 'info', ...entry }),
});

const aRun = (said: { triggerName?: string; message?: string } = {}) =>
  aLine({ event: 'timer', triggerName: 'sweep', ...said, ...(said.message && { level: 'error' }) });

const missed = { functionName: 'router', triggerName: 'sweep', reason: 'It is full.\nlast line' };

describe('what a person hears of timers', () => {
  it('is nothing while they run well', () => {
    for (let minute = 0; minute < 3; minute += 1) log.line(aRun());
    expect(written).toEqual([]);
  });

  it('is a failure, each kind of it once', () => {
    for (const message of ['no database', 'no database', 'no table', 'no database']) {
      log.line(aRun({ message }));
      log.missed(missed);
    }
    expect(written).toEqual([
      '08:09:10 router timer sweep no database\n',
      'router: the timer sweep had no answer: It is full.\n',
      '08:09:10 router timer sweep no table\n',
    ]);
  });

  it('is the same failure again when it went well between', () => {
    for (const run of [{ message: 'no database' }, {}, { message: 'no database' }]) log.line(aRun(run));
    expect(written).toHaveLength(2);
  });

  it('is the failure of each of them', () => {
    for (const triggerName of ['sweep', 'report']) log.line(aRun({ triggerName, message: 'no database' }));
    expect(written).toHaveLength(2);
  });
});

it('what a person hears of calls is every one', () => {
  const call = { event: 'request', method: 'GET', path: '/timer', status: 200, model: 'timer', totalMs: 1 };
  for (let each = 0; each < 3; each += 1) log.line(aLine(call));
  expect(written).toEqual(Array(3).fill('08:09:10 router GET /timer 200 timer 1 ms\n'));
});

it('what a person hears of asynchronous invocations is their failures', () => {
  log.failed({ functionName: 'model-pull', id: 'job_1', reason: 'It crashed.\nlast line' });
  expect(written).toEqual(['model-pull: the asynchronous invocation job_1 has failed: It crashed.\n']);
});

it('what a person hears of instances is why they end, and what their logs should not hold', () => {
  log.ended({ functionName: 'router', reason: 'replaced', calls: 20, freezes: 18 });
  log.ended({ functionName: 'router', reason: 'idle', calls: 1, freezes: 2 });
  log.fault({ functionName: 'router', instanceId: 'i-1', fault: 'the secret of KEY_PEPPER' });
  expect(written).toEqual([
    'router: an instance makes room for another, calls: 20, freezes: 18\n',
    'router: an instance is ended, being idle, calls: 1, freezes: 2\n',
    'router: its log holds the secret of KEY_PEPPER.\n',
  ]);
});
