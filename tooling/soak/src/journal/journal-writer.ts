import { openSync, writeSync } from 'node:fs';

import type { JournalRecord } from './journal-record.js';

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
