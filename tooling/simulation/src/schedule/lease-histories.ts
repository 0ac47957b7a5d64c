import {
  numberOf,
  type Clock,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
  type Item,
  type Random,
  type TableDefinition,
} from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';

import type { HeldLease, Rival } from './rivals.js';

/** What a call of a history took. */
interface FencedLease extends Omit<HeldLease, 'renew'> {
  readonly fence: number;
  renew(options: { leaseMs: number; info?: unknown }): Promise<unknown>;
}

/** What a call of a history asks for. */
interface LeaseAsked {
  readonly n: number;
  readonly leaseMs: number;
  readonly info: number;
}

/** Leases as a primitive keeps them, of one key. */
export interface LeasesOfKey {
  readonly table: TableDefinition;
  /** How many may hold one at once, at most. */
  readonly nMax: number;
  readonly take: (rival: Rival, asked: LeaseAsked) => Promise<FencedLease | undefined>;
  /** What the row says for the holder of a fence; `undefined` where it knows none. */
  readonly said: (row: Item, fence: number) => number | undefined;
  /** What is wrong with the row, if something is. */
  readonly faultOf?: (row: Item) => string | undefined;
  /** Frees it by force, and says whose fence it was, where it freed one. */
  readonly force?: (rival: Rival) => Promise<{ readonly fence?: number | undefined } | undefined>;
}

const toleranceMs = 250;
const leases = [1_000, 5_000, 20_000];
/** By how much a clock is wrong. */
const errors = [0, 20_000, -20_000, 240_000, -240_000];
/** A copy of an acquisition is recognised while fewer other places were given back since. */
const releasesMax = 16;

/** A response that is lost for good: the caller cannot know what became of it. */
const lost = Object.assign(new Error('lost'), { name: 'TimeoutError' });

/**
 * One key in a random history: of three machines, two have clocks that are wrong, and are set between
 * requests and their answers. Responses are lost, with and without a repeat, others act before the repeat,
 * and copies come late. At most `n` hold a lease at any moment, fences come once, a holder's words stay, and at
 * the end nothing is stuck. Throws what is not so.
 */
export async function leaseHistory(of: LeasesOfKey, seed: number, steps: number): Promise<void> {
  const history = new LeaseHistory(of, seed);
  for (let step = 0; step < steps; step++) await history.act();
  await history.end();
}

class LeaseHistory {
  readonly #of: LeasesOfKey;
  readonly #random: Random;
  readonly #n: number;
  readonly #told: string;
  readonly #clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  readonly #memory = new MemoryDynamo({ clock: this.#clock });
  readonly #tableName: string;
  readonly #machines: readonly Rival[];
  readonly #log: string[] = [];
  readonly #held = new Set<FencedLease>();
  readonly #busy = new Set<FencedLease>();
  readonly #fences = new Set<number>();
  #copies: { readonly send: () => Promise<unknown>; releases: number }[] = [];
  /** How many calls are under way, each within the other. */
  #depth = 0;
  /** Whether a release by force is under way: those who hold it are not told. */
  #isForcing = false;
  #freed = 0;
  #fault: string | undefined;

  constructor(of: LeasesOfKey, seed: number) {
    this.#of = of;
    this.#random = seededRandom(seed);
    this.#n = 1 + this.#below(of.nMax);
    this.#told = `Seed ${seed}, n ${this.#n}`;
    this.#tableName = this.#memory.createTable(of.table, of.table.name);
    this.#machines = [0, 1, 2].map((number) => this.#machine(number));
  }

  async act(): Promise<void> {
    const what = this.#below(10);
    const lease = [...this.#held][this.#below(this.#held.size)];
    if (what < 3) await this.#take();
    else if (what < 5 && this.#depth === 0) {
      await this.#clock.advance(this.#oneOf([500, 1_500, 6_000, 21_000]));
    } else if (what === 5) await (this.#random.unit() < 0.3 ? this.#force() : this.#deliver());
    else if (lease !== undefined && !this.#busy.has(lease)) {
      this.#busy.add(lease);
      await (what < 8 ? this.#renew(lease) : this.#release(lease));
      this.#busy.delete(lease);
    }
    const live = [...this.#held].filter(
      ({ remainingMs, fence }) => remainingMs > 0 && fence > this.#freed,
    );
    const names = live.map(({ fence }) => fence).join(' and ');
    this.#demand(live.length <= this.#n || this.#isForcing, `${names} are held`);
    const wrong = this.#of.faultOf?.(this.#row());
    this.#demand(wrong === undefined, `${wrong}`);
    if (this.#depth === 0) this.#throwFault();
  }

  async end(): Promise<void> {
    // As long as a clock that is ahead may have taken it for.
    await this.#clock.advance(21_000 + 240_000 + toleranceMs);
    if (this.#random.unit() < 0.5) {
      // Time to Live deletes the row, and its fence with it.
      await this.#clock.advance(15 * 86_400_000);
      this.#demand(this.#memory.sweep() === 1, 'the row stays for ever');
    }
    const [dynamo, clock, random] = [this.#memory, this.#clock, this.#random];
    const last = { dynamo, clock, random, holder: 'last', skewToleranceMs: toleranceMs };
    for (let place = 0; place <= this.#n; place++) {
      const lease = await this.#of.take(last, { n: this.#n, leaseMs: 1_000, info: 0 });
      const isNext = lease !== undefined && lease.fence > Math.max(0, ...this.#fences);
      const isRight = place < this.#n ? isNext : lease === undefined;
      this.#demand(isRight, `place ${place} is ${lease?.fence}`);
      if (lease !== undefined) this.#fences.add(lease.fence);
    }
    this.#throwFault();
  }

  async #take(): Promise<void> {
    const rival = this.#machines[this.#below(3)] as Rival;
    const asked = { n: this.#n, leaseMs: this.#oneOf(leases), info: 0 };
    const lease = await this.#of.take(rival, asked).catch((error: Error) => this.#expect(error));
    this.#log.push(`${rival.holder} takes ${lease?.fence}`);
    if (lease === undefined) return;
    this.#demand(!this.#fences.has(lease.fence), `the fence ${lease.fence} came twice`);
    this.#fences.add(lease.fence);
    this.#held.add(lease);
  }

  async #renew(lease: FencedLease): Promise<void> {
    const info = this.#random.unit() < 0.5 ? this.#below(1_000) : undefined;
    const asked = { leaseMs: this.#oneOf(leases), ...(info !== undefined && { info }) };
    const isDone = await lease.renew(asked).then(
      () => true,
      (error: Error) => this.#expect(error),
    );
    this.#log.push(`${lease.fence} renews, ${isDone}`);
    if (!isDone || info === undefined || this.#depth > 0 || lease.remainingMs === 0) return;
    // Who was taken over too early and put back has another fence in the row, or none.
    const said = this.#of.said(this.#row(), lease.fence);
    this.#demand(said === info || said === undefined, `${lease.fence} says ${said}, not ${info}`);
  }

  async #release(lease: FencedLease): Promise<void> {
    this.#held.delete(lease);
    this.#log.push(`${lease.fence} releases`);
    await lease.release().catch((error: Error) => this.#expect(error));
  }

  async #deliver(): Promise<void> {
    this.#copies = this.#copies.filter(({ releases }) => releases < releasesMax);
    for (const { send } of this.#copies.filter(() => this.#random.unit() < 0.3)) {
      await send().catch(() => undefined);
    }
    this.#log.push('copies');
  }

  async #force(): Promise<void> {
    if (this.#of.force === undefined || this.#isForcing) return;
    this.#isForcing = true;
    const rival = this.#machines[this.#below(3)] as Rival;
    const freed = await this.#of.force(rival).catch((error: Error) => {
      this.#expect(error);
      // It may have freed the last one, or a copy of it may yet do so.
      return { fence: numberOf(this.#row(), 'fence') };
    });
    this.#isForcing = false;
    this.#log.push(`${rival.holder} frees ${freed?.fence}`);
    this.#freed = Math.max(this.#freed, freed?.fence ?? 0);
  }

  #machine(number: number): Rival {
    const clock = this.#clock;
    let errorMs = number === 0 ? 0 : this.#oneOf(errors);
    const wrong: Clock = {
      now: () => clock.now() + errorMs,
      monotonic: () => clock.monotonic(),
      sleep: (ms, options) => clock.sleep(ms, options),
    };
    const pass = async (): Promise<void> => {
      // Requests of others, which others meet, take no time: a release waits for 1.5 s.
      if (this.#depth === 0 && this.#random.unit() < 0.15) {
        await clock.advance(this.#oneOf([300, 2_000, 6_000]));
      }
      if (number > 0 && this.#random.unit() < 0.05) errorMs = this.#oneOf(errors);
    };
    const dynamo: DynamoTransport = {
      usesSockets: false,
      call: (operation, input) => this.#call(operation, input, pass),
    };
    const random = this.#random;
    return { dynamo, clock: wrong, random, holder: `${number}`, skewToleranceMs: toleranceMs };
  }

  async #call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    pass: () => Promise<void>,
  ): Promise<DynamoOutput<O>> {
    const send = () => this.#memory.call(operation, input);
    if (/releasedBy|taken \+ :by/.test(JSON.stringify(input))) {
      for (const copy of this.#copies) copy.releases++;
    }
    if (this.#random.unit() < 0.5) this.#copies.push({ send, releases: 0 });
    const fate = this.#random.unit();
    if (fate < 0.05) throw lost;
    if (fate < 0.3) {
      await send().catch(() => undefined);
      await this.#others();
      if (fate < 0.1) throw lost;
    }
    await pass();
    try {
      return await send();
    } finally {
      await this.#others();
      await pass();
    }
  }

  async #others(): Promise<void> {
    if (this.#depth === 2 || this.#random.unit() < 0.4) return;
    this.#depth += 1;
    for (let others = 1 + this.#below(3); others > 0; others--) await this.act();
    this.#depth -= 1;
  }

  #row(): Item {
    return this.#memory.rows(this.#tableName)[0] ?? {};
  }

  #expect(error: Error): undefined {
    this.#demand(/^(TimeoutError|LockLostError)$/.test(error.name), String(error));
  }

  #demand(isSo: boolean, message: string): void {
    if (!isSo) this.#fault ??= `${this.#told}: ${message}, after ${this.#log.join(', ')}`;
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw new Error(this.#fault);
  }

  #below(max: number): number {
    return Math.floor(this.#random.unit() * max);
  }

  #oneOf(all: readonly number[]): number {
    return all[this.#below(all.length)] ?? 0;
  }
}
