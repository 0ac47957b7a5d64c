import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The folder of the workspace. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A command that a dependency of the workspace installed. */
export function bin(name) {
  return fileURLToPath(new URL(`../../../node_modules/.bin/${name}`, import.meta.url));
}

/**
 * Runs a command with this terminal as its own and resolves to its exit code once it has ended.
 *
 * A signal (Ctrl-C) is left to the child, which a terminal signals as well: it may have a server to
 * stop, and this process must not return to the prompt before it did.
 */
export function run(command, args, { env = {}, cwd = root } = {}) {
  const windows = process.platform === 'win32';
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: 'inherit',
    // npx and the commands of dependencies are batch files there, which only a shell can start.
    shell: windows && command !== process.execPath,
  });
  let interrupted = false;
  const wait = () => {
    interrupted = true;
  };
  const pass = (signal) => child.kill(signal);
  process.on('SIGINT', wait);
  process.on('SIGTERM', pass);
  process.on('SIGHUP', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const ended = code ?? 128 + constants.signals[signal];
      // Some tools end with a code of their own when they are interrupted.
      resolve(interrupted ? 128 + constants.signals.SIGINT : ended);
    });
  }).finally(() => {
    process.off('SIGINT', wait);
    process.off('SIGTERM', pass);
    process.off('SIGHUP', pass);
  });
}

/** Whether an exit code means that the user ended the command, not that it failed by itself. */
export function wasInterrupted(code) {
  return code === 128 + constants.signals.SIGINT || code === 128 + constants.signals.SIGTERM;
}

/** Milliseconds as a person says them. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
