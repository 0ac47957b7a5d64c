import type { JournalRecord } from '../journal.js';
import { Round, type Call } from './round.js';
import { Statistics } from './statistics.js';

/** What calls may fail with: the SDK's repeats were used up, or others were in the way for too long. */
const expectedFailures: ReadonlySet<string> = new Set([
  'TimeoutError',
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'BatchIncompleteError',
  'ConflictError',
  'LockTimeoutError',
  'DoOnceInProgressError',
  // An action that fails.
  'ActionFailedError',
  // Both payloads of an action are tried.
  'DoOnceMismatchError',
]);

/** All that the journals tell, put together: rounds that are not judged yet, and statistics. */
export class Progress {
  readonly statistics = new Statistics();
  /** Calls that failed in a way in which no call may fail. */
  readonly problems: string[] = [];
  readonly #rounds = new Map<string, Map<number, Round>>();
  /** In which round the workers of each client are, by workload. */
  readonly #places = new Map<string, Map<string, number>>();
  readonly #open = new Map<string, { readonly call: Call; readonly workload: string }>();

  /** A client starts, and works on no round before this one. */
  begins(client: string, workloads: readonly string[], round: number): void {
    this.#places.set(client, new Map(workloads.map((workload) => [workload, round])));
  }

  /** A client has ended and all that it wrote was added. */
  ends(client: string): void {
    this.#places.delete(client);
    for (const [id, { workload }] of this.#open) {
      if (!id.startsWith(`${client} `)) continue;
      const counts = this.statistics.of(workload);
      counts.operations++;
      counts.unknown++;
      this.#open.delete(id);
    }
  }

  /** The next record of a client's journal. */
  add(client: string, record: JournalRecord): void {
    switch (record.kind) {
      case 'enter':
        this.#places.get(client)?.set(record.workload, record.round);
        return;
      case 'begin': {
        const { key, operation, input, at, workload, round } = record;
        const call: Call = { client, key, operation, input, beganAt: at, over: undefined };
        this.#roundOf(workload, round).calls.push(call);
        this.#open.set(`${client} ${record.id}`, { call, workload });
        return;
      }
      case 'end':
      case 'failed':
        this.#over(client, record);
        return;
      case 'note':
        this.#roundOf(record.workload, record.round).notes.push({ ...record, client });
        return;
      case 'fault':
        this.statistics.fault(record.fault);
        return;
    }
  }

  /** Takes out the rounds of a workload that no client works on any more. */
  takeOver(workload: string): Round[] {
    const rounds = this.#rounds.get(workload) ?? new Map<number, Round>();
    const places = [...this.#places.values()].flatMap((place) => place.get(workload) ?? []);
    const first = Math.min(...places);
    const over = [...rounds.keys()].filter((round) => round < first);
    return over.flatMap((round) => {
      const found = rounds.get(round);
      rounds.delete(round);
      return found ?? [];
    });
  }

  #over(client: string, record: Extract<JournalRecord, { kind: 'end' | 'failed' }>): void {
    const id = `${client} ${record.id}`;
    const open = this.#open.get(id);
    if (open === undefined) throw new RangeError(`Cannot end call ${id}: it did not begin`);
    this.#open.delete(id);
    const { call, workload } = open;
    call.over = record;
    const counts = this.statistics.of(workload);
    counts.operations++;
    this.statistics.requests += record.sent;
    if (record.kind !== 'failed') return;
    counts.failed++;
    const { error, message } = record;
    if (expectedFailures.has(error)) return;
    this.problems.push(`${workload} ${call.operation} of ${call.key}: ${error}: ${message}`);
  }

  #roundOf(workload: string, number: number): Round {
    const rounds = this.#rounds.get(workload) ?? new Map<number, Round>();
    this.#rounds.set(workload, rounds);
    const round = rounds.get(number) ?? new Round();
    rounds.set(number, round);
    return round;
  }
}
