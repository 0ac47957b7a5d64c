import type { EndRecord, Json, NoteRecord } from '../journal.js';

type Over = Pick<EndRecord, 'at' | 'sent' | 'copyAt'>;

/** A call as the journal of its client tells it. */
export interface Call {
  readonly client: string;
  readonly key: string;
  readonly operation: string;
  readonly input: Json;
  readonly beganAt: number;
  /** How it ended; `undefined` when the client was killed meanwhile. */
  over: (Over & { readonly output: Json }) | (Over & { readonly error: string }) | undefined;
}

/** A note and who made it. */
export interface Note extends NoteRecord {
  readonly client: string;
}

/** What all clients did in one round of one workload. */
export class Round {
  readonly calls: Call[] = [];
  readonly notes: Note[] = [];

  /** The keys that were worked on. */
  keys(): string[] {
    return [...new Set([...this.calls, ...this.notes].map(({ key }) => key))].sort();
  }

  callsOf(key: string, ...operations: readonly string[]): Call[] {
    return this.calls.filter(
      (call) =>
        call.key === key && (operations.length === 0 || operations.includes(call.operation)),
    );
  }

  notesOf(key: string, name: string): Note[] {
    return this.notes.filter((note) => note.key === key && note.name === name);
  }
}

/** What a call returned, in a box; `undefined` when that is unknown. */
export function outputOf<T extends Json>(call: Call): { readonly output: T } | undefined {
  return call.over !== undefined && 'output' in call.over
    ? { output: call.over.output as T }
    : undefined;
}

/** A copy that is due is on its way for so long at most, on a machine that is busy. */
const onItsWayUs = 1_000_000;

/** Until when requests of a call that has ended may still have come to the table. */
function settledAt({ over }: Call): number | undefined {
  if (over?.copyAt === undefined) return over?.at;
  return Math.max(over.at, over.copyAt + onItsWayUs);
}

/** What makes a row forget, by the names of operations. */
const forgetting: readonly string[] = ['delete'];

/**
 * Whether a call was repeated by the SDK, or a copy of it came late, after or while so many others changed the same key that it may not
 * have recognised itself any more: `remembered` is how many a row remembers, as the docs say. One
 * that makes the row forget is enough.
 */
export function isPastMemory(call: Call, changes: readonly Call[], remembered: number): boolean {
  const { over, beganAt } = call;
  // Every call sends one request or two: more are repeats.
  if (over === undefined || over.sent < 2) return false;
  const untilAt = settledAt(call) ?? Infinity;
  const others = changes.filter(
    (other) =>
      other !== call && other.beganAt < untilAt && (settledAt(other) ?? Infinity) > beganAt,
  );
  return (
    others.length >= remembered || others.some(({ operation }) => forgetting.includes(operation))
  );
}
