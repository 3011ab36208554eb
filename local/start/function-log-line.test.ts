import { describe, expect, it } from 'vitest';
import { functionLogLine } from './function-log-line.ts';

const TIME = '2026-09-01T08:09:10.111Z';
const shown = (entry: object) =>
  functionLogLine({
    functionName: 'router',
    instanceId: 'i-1',
    stream: 'stdout',
    line: JSON.stringify({ time: TIME, ...entry }),
  });
const call = { event: 'request', method: 'POST', path: '/v1/chat/completions', totalMs: 12 };

describe('a log line for a person', () => {
  it('tells of a call in one line', () => {
    expect(shown({ ...call, status: 200, model: 'tiny' })).toBe(
      '08:09:10 router POST /v1/chat/completions 200 tiny 12 ms\n',
    );
  });

  it('says why a call failed, in the words nearest to the cause', () => {
    const refused = { error: 'Error', message: 'connect ECONNREFUSED 127.0.0.1:1', code: 'ECONNREFUSED' };
    const failureDetail = { error: 'TypeError', message: 'fetch failed', cause: refused };
    expect(shown({ ...call, status: 502, failure: 'upstream_error', failureDetail })).toBe(
      '08:09:10 router POST /v1/chat/completions 502 12 ms upstream_error connect ECONNREFUSED 127.0.0.1:1\n',
    );
  });

  it('gives the code where the cause has no message, and the outer words where the cause has none', () => {
    const coded = { message: '', code: 'ECONNREFUSED' };
    expect(shown({ ...call, failureDetail: { message: 'outer', cause: coded } })).toMatch(/ ECONNREFUSED\n$/);
    expect(shown({ ...call, failureDetail: { message: 'outer', cause: { error: 'string' } } })).toMatch(
      / outer\n$/,
    );
  });

  it('says what went wrong beside calls, too', () => {
    expect(shown({ event: 'initialize', message: 'outer', cause: { message: 'no database' } })).toBe(
      '08:09:10 router initialize no database\n',
    );
  });

  it('says which timer has failed, and why', () => {
    expect(shown({ level: 'error', event: 'timer', triggerName: 'sweep', message: 'no database' })).toBe(
      '08:09:10 router timer sweep no database\n',
    );
  });

  it('ends in no blank and gives the terminal no commands', () => {
    expect(shown({ event: 'stopped' })).toBe('08:09:10 router stopped\n');
    expect(shown({ ...call, failureDetail: { message: '\u001b[2Jgone\nnext ' } })).toMatch(
      /ms {2}\[2Jgone next\n$/,
    );
  });

  it.each([
    { event: 'listening', port: 9000 },
    { event: 'draining' },
    { ...call, method: 'POST', path: '/initialize', status: 200 },
    { ...call, method: 'GET', path: '/pre-stop', status: 200 },
  ])('is none for %o', (entry) => {
    expect(shown(entry)).toBe('');
  });

  it('is there for a caller who asks for what only the platform may', () => {
    expect(shown({ ...call, path: '/initialize', status: 404, failure: 'not_found' })).toContain(
      '/initialize 404',
    );
  });

  it('is what the function wrote when that is no entry', () => {
    const line = {
      functionName: 'router',
      instanceId: 'i-1',
      stream: 'stderr' as const,
      line: 'Error: boom',
    };
    expect(functionLogLine(line)).toBe('router: Error: boom\n');
  });
});
