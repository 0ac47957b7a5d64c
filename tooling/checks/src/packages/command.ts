import { spawn } from 'node:child_process';

import type { CheckResult } from '../report.js';

/** How a command ended. */
export interface CommandResult {
  readonly ok: boolean;
  /** What it printed, both streams together. */
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that takes longer hangs. */
const runMsMax = 180_000;

/** Runs a command to its end and collects what it prints. It does not throw when it fails. */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: runMsMax,
    // npm and npx are batch files there, which only a shell can start.
    shell: process.platform === 'win32' && command !== process.execPath,
  });
  let output = '';
  const add = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

/** A check that passes where this Node.js runs something in the project without a failure. */
export async function checkRun(
  name: string,
  project: string,
  ...args: readonly string[]
): Promise<CheckResult> {
  const { ok, output } = await runCommand(process.execPath, args, { cwd: project });
  return { name, problems: ok ? [] : [output] };
}
