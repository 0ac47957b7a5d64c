import {
  hadEnded,
  Lease,
  leaseStart,
  type LeaseEnd,
  type LeaseStart,
} from '@x/dynamo-core/mechanism';

import { noteFigures } from '../note-figures.js';
import { ClockMachine, type Learning } from './clock-machine.js';
import { seededRandom } from '../schedule/seeded-random.js';

/** The choices in the design of the clock; the first test shows the values that are right. */
export interface ClockDesign {
  readonly learns: Learning;
  /** Whether an acquisition checks its lease and the one that it replaced by the answer's time. */
  readonly checksAnswer: boolean;
  /** Whether what gives a lock back writes the end that was replaced, and not that it is free. */
  readonly restoresPrior: boolean;
}

/** What happens to the machine of A. The clocks of B and C are right. */
export interface ClockConditions {
  /** By how much its wall clock is ahead: one of these. */
  readonly offsets: readonly number[];
  /** How long the later ones of its answers take at most. */
  readonly lateMsMax: number;
  /** By how much its wall clock is set, either way, after some answers. @default 0 */
  readonly stepMs?: number;
  /** For how long it stands still, with both clocks, after some answers. @default 0 */
  readonly suspendMs?: number;
  /** How often A gives up on its acquisition while that is under way. @default 0 */
  readonly abortProbability?: number;
}

/** What came of many schedules. */
export interface ClockFigures {
  /** In how many of them two held the lock at once. */
  overlaps: number;
  requests: number;
  /** Acquisitions that were given back, because the holder before may still act. */
  returned: number;
  /** Acquisitions whose lease was over before they were answered. */
  writtenAgain: number;
}

/** Three machines take one lock, by the clock and the lease of core, in random schedules. */
export function runClockSchedules(
  design: ClockDesign,
  conditions: ClockConditions,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): ClockFigures {
  const figures = { overlaps: 0, requests: 0, returned: 0, writtenAgain: 0 };
  for (let index = 0; index < runs; index++) {
    const schedule = new ClockSchedule(design, conditions, seededRandom(seed, index), figures);
    if (schedule.run()) figures.overlaps++;
  }
  const found = figures.overlaps > 0;
  noteFigures({ kind: 'sample', name: 'clocks', count: runs, exhausted: false, found });
  return figures;
}

interface Row {
  readonly owner: string;
  readonly end: number;
  /** The end that the last acquisition replaced. */
  readonly prior: number;
  readonly releasedBy: string;
}

interface Holding {
  readonly name: string;
  readonly owner: string;
  readonly lease: Lease;
}

interface Call<I, A> {
  /** Makes the request, when it is sent. */
  readonly build: () => I;
  readonly apply: (input: I) => A;
  readonly answered?: (answer: A, input: I) => void;
}

const toleranceMs = 250;
const runMs = 90_000;

class ClockSchedule {
  readonly #design: ClockDesign;
  readonly #conditions: ClockConditions;
  readonly #random: () => number;
  readonly #figures: ClockFigures;
  readonly #events: { readonly atMs: number; readonly happen: () => void }[] = [];
  readonly #startMs: number;
  #held: Holding[] = [];
  #row: Row = { owner: '', end: 0, prior: 0, releasedBy: '' };
  #nowMs: number;
  #ids = 0;

  constructor(
    design: ClockDesign,
    conditions: ClockConditions,
    random: () => number,
    figures: ClockFigures,
  ) {
    this.#design = design;
    this.#conditions = conditions;
    this.#random = random;
    this.#figures = figures;
    this.#startMs = this.#nowMs = 1_700_000_000_000 + this.#below(1_000);
  }

  /** Whether two held the lock at once. */
  run(): boolean {
    this.#begin();
    for (;;) {
      // The first of those that are due first: they stand in the order in which they were added.
      const atMs = Math.min(...this.#events.map((event) => event.atMs));
      if (atMs > this.#startMs + runMs) return false;
      const index = this.#events.findIndex((event) => event.atMs === atMs);
      const [event] = this.#events.splice(index, 1);
      this.#nowMs = atMs;
      event?.happen();
      this.#held = this.#held.filter(({ lease }) => lease.remainingMs > 0);
      if (new Set(this.#held.map(({ name }) => name)).size > 1) return true;
    }
  }

  #begin(): void {
    const { offsets, stepMs = 0, suspendMs = 0, abortProbability = 0 } = this.#conditions;
    const a = this.#machine('A', this.#pick(offsets));
    const [b, c] = [this.#machine('B', 0), this.#machine('C', 0)];
    if (stepMs + suspendMs > 0) {
      const read = { build: () => undefined, apply: () => undefined };
      for (const ms of [0, 100, 200]) this.#in(ms, () => this.#call(a, read));
      this.#in(500 + this.#below(1_000), () => {
        a.offsetMs += this.#pick([stepMs, -stepMs]);
        a.suspend(suspendMs);
      });
    }
    const heldMs = this.#pick([2_000, 5_000, 30_000]);
    this.#in(0, () => this.#acquire(b, heldMs, 0));
    if (this.#random() < 0.5) this.#in(1_500, () => this.#release(b));
    const [ofA, ofC] = [this.#pick([1_000, 3_000, 10_000]), this.#pick([1_000, 3_000])];
    const aborts = this.#random() < abortProbability;
    this.#in(1_600 + this.#below(heldMs), () => this.#acquire(a, ofA, 6, aborts));
    this.#in(1_600 + this.#below(heldMs), () => this.#acquire(c, ofC, 12));
  }

  #acquire(machine: ClockMachine, leaseMs: number, triesLeft: number, aborts = false): void {
    const { checksAnswer } = this.#design;
    const owner = `${machine.name}${this.#ids++}`;
    const again = (ms: number): void => {
      if (triesLeft > 0) this.#in(ms, () => this.#acquire(machine, leaseMs, triesLeft - 1));
    };
    if (aborts) this.#in(1, () => this.#giveBack(machine, owner));
    this.#call(machine, {
      build: () => leaseStart(machine.clock, leaseMs),
      apply: (start) => this.#take(owner, start),
      answered: (prior, start) => {
        if (aborts) return;
        if (prior === undefined) return again(50 + this.#below(2_000));
        if (checksAnswer && !hadEnded(prior, start, machine.clock, toleranceMs)) {
          this.#figures.returned++;
          return this.#giveBack(machine, owner, () => again(100));
        }
        if (this.#hold(machine, owner, leaseMs, start.end)) return;
        if (checksAnswer) this.#writeAgain(machine, owner, leaseMs, () => again(100));
      },
    });
  }

  /** The end that was replaced, or `undefined` where the lock is not free. */
  #take(owner: string, { nowMs, end }: LeaseStart): number | undefined {
    const { end: prior, releasedBy } = this.#row;
    if (prior > nowMs - toleranceMs || releasedBy === owner) return undefined;
    this.#row = { owner, end: end.rowMs, prior, releasedBy };
    return prior;
  }

  #writeAgain(machine: ClockMachine, owner: string, leaseMs: number, failed: () => void): void {
    this.#figures.writtenAgain++;
    this.#call(machine, {
      build: () => leaseStart(machine.clock, leaseMs),
      apply: ({ end }) => {
        const isOurs = this.#row.owner === owner;
        if (isOurs) this.#row = { ...this.#row, end: end.rowMs };
        return isOurs;
      },
      answered: (isOurs, { end }) => {
        if (isOurs && this.#hold(machine, owner, leaseMs, end)) return;
        this.#giveBack(machine, owner, failed);
      },
    });
  }

  /** Whether the lease still runs. */
  #hold(machine: ClockMachine, owner: string, leaseMs: number, end: LeaseEnd): boolean {
    const toError = (reason: string): Error => new Error(reason);
    const lease = new Lease({ clock: machine.clock, leaseMs, end, toError });
    if (lease.remainingMs > 0) this.#held.push({ name: machine.name, owner, lease });
    return lease.remainingMs > 0;
  }

  #giveBack(machine: ClockMachine, owner: string, answered?: () => void): void {
    this.#call(machine, {
      build: () => undefined,
      apply: () => {
        const { owner: holder, prior } = this.#row;
        // A copy that arrives later takes nothing.
        if (holder !== owner) return;
        const end = this.#design.restoresPrior ? prior : 0;
        this.#row = { owner: '', end, prior: 0, releasedBy: owner };
      },
      ...(answered && { answered }),
    });
  }

  #release(machine: ClockMachine): void {
    const holding = this.#held.find(({ name }) => name === machine.name);
    if (holding === undefined) return;
    holding.lease.lose('expired');
    this.#call(machine, {
      build: () => undefined,
      apply: () => {
        const { owner } = holding;
        if (this.#row.owner === owner)
          this.#row = { owner: '', end: 0, prior: 0, releasedBy: owner };
      },
    });
  }

  /** Sends a request; one whose signature is refused is built anew. */
  #call<I, A>(machine: ClockMachine, call: Call<I, A>): void {
    this.#figures.requests++;
    const { lateMsMax } = this.#conditions;
    const start = machine.instant;
    const input = call.build();
    const backMs = 1 + this.#below(this.#random() < 0.1 ? lateMsMax : 20);
    this.#in(1 + this.#below(20), () => {
      const isRefused = machine.isRefused();
      const answer = isRefused ? undefined : call.apply(input);
      const serverTimeMs = Math.floor(this.#nowMs / 1_000) * 1_000;
      this.#in(backMs, () => {
        machine.learn(serverTimeMs, start);
        if (isRefused) this.#call(machine, call);
        else call.answered?.(answer as A, input);
      });
    });
  }

  #in(ms: number, happen: () => void): void {
    this.#events.push({ atMs: this.#nowMs + ms, happen });
  }

  #machine(name: string, offsetMs: number): ClockMachine {
    return new ClockMachine(name, offsetMs, () => this.#nowMs, this.#design.learns);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
