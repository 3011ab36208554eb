import { describe, expect, it } from 'vitest';
import { aSpec } from './fixtures/fixture-function.ts';
import { localCommand } from './local-command.ts';
import { startLocalFc } from './local-fc.ts';

describe('the command of s.yaml', () => {
  it('runs this Node on the code folder, in the code folder', () => {
    const spec = aSpec({ codeDirectory: '/dist/router', args: ['--enable-source-maps', '/code/server.mjs'] });
    expect(localCommand(spec)).toEqual({
      file: process.execPath,
      args: ['--enable-source-maps', '/dist/router/server.mjs'],
      directory: '/dist/router',
    });
  });

  it.each([
    ['/code', '/dist/router'],
    ['--import=/code/hook.mjs', '--import=/dist/router/hook.mjs'],
    ['/codex/server.mjs', '/codex/server.mjs'],
    ['/opt/code/x', '/opt/code/x'],
  ])('with %s means %s here', (arg, here) => {
    expect(localCommand(aSpec({ codeDirectory: '/dist/router', args: [arg] })).args).toEqual([here]);
  });

  it('may be a file of the code folder', () => {
    const spec = aSpec({ codeDirectory: '/dist/router', command: ['/code/bootstrap'], args: [] });
    expect(localCommand(spec).file).toBe('/dist/router/bootstrap');
  });

  it('is a stand-in’s own in the place of a container', () => {
    const spec = aSpec({
      runtime: 'custom-container',
      command: ['/usr/bin/node', '/dist/x/server.mjs'],
      args: [],
    });
    expect(localCommand(spec)).toMatchObject({ file: '/usr/bin/node', args: ['/dist/x/server.mjs'] });
  });

  it('is refused before anything starts when the code folder is not built', async () => {
    const spec = aSpec({ codeDirectory: '/nowhere/dist/router' });
    await expect(startLocalFc({ functions: [spec] })).rejects.toThrow('there is no /nowhere/dist/router');
  });

  it.each(['node', '/opt/nodejs20/bin/node', '/usr/bin/python3'])(
    'is refused before anything starts when it is %s, which this machine cannot stand in for',
    async (command) => {
      await expect(startLocalFc({ functions: [aSpec({ command: [command] })] })).rejects.toThrow(
        `fixture: the local FC cannot run the command ${command}.`,
      );
    },
  );
});
