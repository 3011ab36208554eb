import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Renderer } from './renderer.ts';

/** A s.yaml whose one function gets the variable and a file beside it. */
function aSpecFile(variable: string, note: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'local-fc-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'note'), note);
  const file = join(directory, 's.yaml');
  const props = `{ said: "\${env('${variable}')}", note: "\${file('note')}", code: ./${note} }`;
  writeFileSync(file, `edition: 3.0.0\nname: one\nresources: {one: {component: fc3, props: ${props}}}\n`);
  return file;
}

function aRenderer(): Renderer {
  const renderer = new Renderer();
  onTestFinished(() => renderer.end());
  return renderer;
}

const rendered = (said: string, note: string) => [
  { name: 'one', component: 'fc3', props: { said, note, code: `./${note}` } },
];

describe('a child that renders more than once', { timeout: 60_000 }, () => {
  it('shows nothing of one to the next, be they asked for at once', async () => {
    const renderer = aRenderer();
    const [first, second] = [aSpecFile('FIRST', 'a note'), aSpecFile('SECOND', 'another')];
    const outcomes = await Promise.allSettled([
      renderer.render({ file: first, environment: { FIRST: '1', SECOND: '1' } }),
      renderer.render({ file: second, environment: { FIRST: '2' } }),
      renderer.render({ file: second, environment: { SECOND: '3' } }),
      renderer.render({ file: first, environment: { FIRST: '4' } }),
    ]);
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: rendered('1', 'a note') },
      { status: 'rejected', reason: new Error("env('SECOND') not found") },
      { status: 'fulfilled', value: rendered('3', 'another') },
      { status: 'fulfilled', value: rendered('4', 'a note') },
    ]);
  });

  it('may end, and another is there for the next', async () => {
    const renderer = aRenderer();
    const wish = { file: aSpecFile('WORD', 'a note'), environment: { WORD: 'yes' } };
    await renderer.render(wish);
    await renderer.end();
    expect(await renderer.render(wish)).toEqual(rendered('yes', 'a note'));
  });
});
