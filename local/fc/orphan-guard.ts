import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Sees to it that no instance outlives this process, even when this process is killed with SIGKILL.
 *
 * Instances have process groups of their own (a Ctrl-C in the terminal is for the runner, which drains
 * them first), so nothing else would end them, and a frozen orphan would stay for ever. The guard is a
 * shell that reads the living groups from a pipe; the pipe ends when we do, and it kills what is left.
 */
export function guardGroup(group: number): { release(): void } {
  guard ??= startGuard();
  const { stdin } = guard;
  stdin?.write(`add ${group}\n`);
  return { release: () => void stdin?.write(`drop ${group}\n`) };
}

let guard: ChildProcess | undefined;

function startGuard(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  shell.unref();
  const pipe = shell.stdin as Socket;
  pipe.unref();
  pipe.on('error', () => {}); // somebody ended the guard; instances still end with whoever started them
  return shell;
}

const script = `
while read -r change group; do
  case $change in
    add) groups="$groups $group" ;;
    drop) left=; for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done; groups=$left ;;
  esac
done
for each in $groups; do kill -s KILL -- "-$each"; done
`;
