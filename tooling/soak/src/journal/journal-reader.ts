import { closeSync, existsSync, openSync, readSync } from 'node:fs';

import type { JournalRecord } from './journal-record.js';

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
