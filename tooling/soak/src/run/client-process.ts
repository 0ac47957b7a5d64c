import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { ClientJob } from '../client/client-job.js';
import { JournalReader, type JournalRecord } from '../journal.js';

const program = fileURLToPath(new URL('../client/main.ts', import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const tailLength = 2_000;

/** A running client, seen from outside. */
export class ClientProcess {
  readonly job: ClientJob;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  hasEnded = false;
  /** Why the process ended although it was not told to. */
  problem: string | undefined;
  readonly #child: ChildProcess;
  readonly #reader: JournalReader;
  #ending: 'no' | 'asked' | 'killed' = 'no';

  constructor(job: ClientJob) {
    this.job = job;
    this.#reader = new JournalReader(job.journalPath);
    // The packages run from their sources.
    this.#child = fork(program, [JSON.stringify(job)], {
      execArgv: ['--conditions=@x/source', `--import=${loader}`],
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let tail = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-tailLength);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        tail += error.message;
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        this.hasEnded = true;
        // One that was asked while it was still starting ends by the signal itself.
        const isAsked = this.#ending === 'asked' && (code === 0 || signal === 'SIGTERM');
        if (this.#ending !== 'killed' && !isAsked)
          this.problem = `${job.name} ended with ${signal ?? code}: ${tail}`;
        resolve();
      });
    });
  }

  /** What it has journalled since the last call. */
  read(): JournalRecord[] {
    return this.#reader.read();
  }

  /** Stops it, as a machine does that is suspended. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Lets it go on. */
  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Asks it to end when its calls have come back. */
  stop(): void {
    if (this.#ending === 'no') this.#ending = 'asked';
    this.#child.kill('SIGTERM');
  }

  /** Ends it at once: it cannot notice. */
  kill(): void {
    this.#ending = 'killed';
    this.#child.kill('SIGKILL');
  }

  /** Forgets the journal. Call it once the process has ended and its journal was read. */
  close(): void {
    this.#reader.close();
  }
}
