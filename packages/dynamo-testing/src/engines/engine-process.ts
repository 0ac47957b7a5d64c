import { spawn, type ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

import type { EngineCommand } from './engine-command.js';
import type { EngineName } from './engine-name.js';
import { reservePort } from './reserve-port.js';
import { watchdogProgram } from './watchdog.js';

/** A started engine. */
export interface EngineProcess {
  readonly endpoint: string;
  /** Ends it and waits until it has exited. */
  stop(): Promise<void>;
}

const pollMs = 10;
const tailLength = 2_000;

/** Starts an engine on a free port and waits until it answers, `readyMsMax` at most. */
export async function startEngineProcess(
  name: EngineName,
  command: EngineCommand,
  readyMsMax: number,
): Promise<EngineProcess> {
  const reserved = await reservePort();
  const child = spawn(process.execPath, ['-e', watchdogProgram(command, reserved.port)], {
    stdio: ['pipe', 'ignore', 'pipe'],
    windowsHide: true,
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // Bun's streams can hold no process, and cannot be asked not to.
  const handles: readonly Partial<Pick<Socket, 'ref' | 'unref'>>[] = [
    child as unknown as Socket,
    child.stdin as Socket,
    child.stderr as Socket,
  ];
  const stop = async (): Promise<void> => {
    // Held again, or a program whose last act this is would end before its engine.
    for (const handle of handles) handle.ref?.();
    child.stdin.destroy();
    await ended;
    await reserved.release();
  };
  const tail = keepTail(child.stderr);
  const url = `http://127.0.0.1:${reserved.port}`;
  try {
    await untilAnswering(url, child, readyMsMax);
  } catch (error) {
    await stop();
    const message = `Cannot start ${name}: ${(error as Error).message}\n${tail()}`;
    throw new Error(message.trim(), { cause: error });
  }
  // A test that forgets to stop its engine must not hang: the pipe closes when the process ends.
  for (const handle of handles) handle.unref?.();
  return { endpoint: url, stop };
}

/** The end of what a stream says, for an error message. */
function keepTail(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-tailLength);
  });
  return () => text;
}

async function untilAnswering(url: string, child: ChildProcess, readyMsMax: number): Promise<void> {
  const giveUpMs = performance.now() + readyMsMax;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if (performance.now() > giveUpMs) throw new Error(`no answer within ${readyMsMax} ms`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Whether a server answers at all; what it says does not matter. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      response.once('close', () => resolve(true));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
