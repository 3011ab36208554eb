import { describe, expect, it } from 'vitest';
import { Running } from './running.ts';

const started = (name: string) => async () => name;

describe('what runs', () => {
  it('ends last started first', async () => {
    const running = new Running();
    const ended: string[] = [];
    const end = async (name: string) => ended.push(name);
    await running.start(started('database'), end);
    await running.start(started('bundle'), end);
    expect(await running.end()).toEqual([]);
    expect(ended).toEqual(['bundle', 'database']);
  });

  it('is ended too when its start is still under way, and nobody goes on with it', async () => {
    const running = new Running();
    const ended: string[] = [];
    const slow = Promise.withResolvers<string>();
    const waiting = running.start(
      () => slow.promise,
      async (name) => ended.push(name),
    );
    const refused = expect(waiting).rejects.toThrow('Everything is ending');
    const ending = running.end();
    slow.resolve('database');
    await Promise.all([ending, refused]);
    expect(ended).toEqual(['database']);
  });

  it('is not joined by anything once the end has begun', async () => {
    const running = new Running();
    await running.end();
    const begun: string[] = [];
    await expect(running.start(async () => begun.push('bundle'))).rejects.toThrow('Everything is ending');
    expect(begun).toEqual([]);
  });

  it('ends all the same when a start failed or something does not end', async () => {
    const running = new Running();
    const ended: string[] = [];
    const stuck = new Error('does not stop');
    await running.start(started('database'), async (name) => ended.push(name));
    await running.start(started('stuck'), () => Promise.reject(stuck));
    const failing = running.start(
      () => Promise.reject(new Error('no build')),
      async () => ended.push('never there'),
    );
    await expect(failing).rejects.toThrow('no build');
    expect(await running.end()).toEqual([stuck]);
    expect(ended).toEqual(['database']);
  });
});
