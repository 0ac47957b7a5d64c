import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The folder of the workspace. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A command that a dependency of the workspace installed. */
export function bin(name) {
  return fileURLToPath(new URL(`../../../node_modules/.bin/${name}`, import.meta.url));
}

/** Runs a command with this terminal as its own and resolves to its exit code once it has ended. */
export function run(command, args, options) {
  return ended(start(command, args, { ...options, stdio: 'inherit' }));
}

/** As `run`, and keeps the last lines that the command prints: resolves to `{ code, lastLines }`. */
export async function follow(command, args, { env = {} } = {}) {
  // Most tools leave out their colours for a pipe.
  const colours = process.stdout.isTTY && !process.env['NO_COLOR'] ? { FORCE_COLOR: '1' } : {};
  const stdio = ['inherit', 'pipe', 'pipe'];
  const child = start(command, args, { env: { ...colours, ...env }, stdio });
  let lastLines = [];
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      process[name].write(text);
      lastLines = `${lastLines.join('\n')}${text}`.split('\n').slice(-linesMax - 1);
    });
  }
  const code = await ended(child);
  return { code, lastLines: lastLines.join('\n').trimEnd().split('\n').slice(-linesMax) };
}

/** How many lines of what failed are worth saying once more. */
const linesMax = 20;

function start(command, args, { env = {}, cwd = root, stdio }) {
  const windows = process.platform === 'win32';
  return spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio,
    // npx and the commands of dependencies are batch files there, which only a shell can start.
    shell: windows && command !== process.execPath,
  });
}

/**
 * The exit code of a command. A signal (Ctrl-C) is left to it, as a terminal signals it as well: it
 * may have a server to stop, and this process must not return to the prompt before it did.
 */
function ended(child) {
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
      const exitCode = code ?? 128 + constants.signals[signal];
      // Some tools end with a code of their own when they are interrupted.
      resolve(interrupted ? 128 + constants.signals.SIGINT : exitCode);
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
