import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';

/** What a journal can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

interface InWorkload {
  readonly workload: string;
  readonly round: number;
}

interface AtInstant {
  /** Microseconds on the clock that all processes of the machine share. */
  readonly at: number;
}

/** A worker of the client works on this round from now on, and never again on an earlier one. */
interface EnterRecord extends InWorkload {
  readonly kind: 'enter';
}

/** A call is about to be made. Without an `end` or a `failed`, its outcome is unknown. */
interface BeginRecord extends InWorkload, AtInstant {
  readonly kind: 'begin';
  /** Counts the calls of the client. */
  readonly id: number;
  readonly key: string;
  readonly operation: string;
  readonly input: Json;
}

interface OverRecord extends AtInstant {
  readonly id: number;
  /** How many requests it took, those included that the SDK repeated. */
  readonly sent: number;
  /** When the last copy of one of them comes that was held back, if there is one. */
  readonly copyAt?: number | undefined;
}

/** The call has returned. */
export interface EndRecord extends OverRecord {
  readonly kind: 'end';
  readonly output: Json;
}

/** The call has thrown. What it asked for may have happened all the same. */
interface FailedRecord extends OverRecord {
  readonly kind: 'failed';
  readonly error: string;
  readonly message: string;
}

/** Something else that a check must know of. */
export interface NoteRecord extends InWorkload, AtInstant {
  readonly kind: 'note';
  readonly key: string;
  readonly name: string;
  readonly data: Json;
}

/** A fault was injected. */
interface FaultRecord {
  readonly kind: 'fault';
  readonly fault: string;
}

/** One line of a journal. */
export type JournalRecord =
  | EnterRecord
  | BeginRecord
  | EndRecord
  | FailedRecord
  | NoteRecord
  | FaultRecord;

/** Microseconds on the monotonic clock of the machine, which all its processes share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/**
 * Writes the journal of one client, a line for each record. A record is with the system when
 * `write` returns, so that a client which is killed leaves all that it had come to.
 */
export class JournalWriter {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(record: JournalRecord): void {
    writeSync(this.#file, `${JSON.stringify(record)}\n`);
  }
}

const chunkBytes = 1 << 16;

/** Reads the journal of a client while the client writes it. */
export class JournalReader {
  readonly #path: string;
  #file: number | undefined;
  #rest = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** The records that were added since the last call. A line that has no end yet stays for later. */
  read(): JournalRecord[] {
    if (this.#file === undefined) {
      if (!existsSync(this.#path)) return [];
      this.#file = openSync(this.#path, 'r');
    }
    const chunks = [this.#rest];
    for (;;) {
      const chunk = Buffer.alloc(chunkBytes);
      const bytes = readSync(this.#file, chunk);
      if (bytes === 0) break;
      chunks.push(chunk.subarray(0, bytes));
    }
    const all = Buffer.concat(chunks);
    const end = all.lastIndexOf('\n') + 1;
    this.#rest = all.subarray(end);
    const lines = all.toString('utf8', 0, end).split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line) as JournalRecord);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
