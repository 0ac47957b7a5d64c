import {
  numberOf,
  type DynamoInput,
  type DynamoOperation,
  type DynamoTransport,
  type Item,
} from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { DynamoSemaphore, semaphoresTable, type HeldPermit } from './index.js';

const tableName = 'semaphores';
/** A copy of an acquisition is known while fewer other places were given back since. */
const remembered = 16;

/** One key in a random history, in which responses are lost, others act before the repeat, and copies come late. */
class History {
  readonly clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  readonly memory = new MemoryDynamo({ clock: this.clock });
  readonly log: string[] = [];
  readonly #random;
  readonly #n: number;
  #held: HeldPermit[] = [];
  readonly #fences = new Set<number>();
  #copies: { readonly send: () => Promise<unknown>; releases: number }[] = [];
  /** What the others do between the next send and its repeat. */
  #between: (() => Promise<void>) | undefined;
  #isBetween = false;
  /** The place of the call under way, which nobody else uses. */
  #busy: HeldPermit | undefined;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#n = 1 + this.#below(3);
    this.memory.createTable(semaphoresTable, tableName);
  }

  async step(): Promise<void> {
    if (this.#random.unit() < 0.3) {
      const others = 1 + this.#below(3);
      this.#between = async () => {
        this.#isBetween = true;
        for (let other = 0; other < others; other++) await this.#act();
      };
    }
    await this.#act();
    [this.#between, this.#isBetween, this.#busy] = [undefined, false, undefined];
  }

  async #act(): Promise<void> {
    const what = this.#below(7);
    const permit = this.#held[this.#below(this.#held.length)];
    if (what < 3) await this.#take();
    else if (what === 3 && !this.#isBetween) {
      // Not meanwhile: a release waits 1.5 seconds for its answer.
      await this.clock.advance([500, 1_500, 6_000][this.#below(3)] ?? 0);
    } else if (what <= 4) await this.#deliver();
    else if (permit !== undefined && permit !== this.#busy) {
      if (!this.#isBetween) this.#busy = permit;
      await (what === 5 ? this.#renew(permit) : this.#release(permit));
    }
    this.#check();
  }

  async #take(): Promise<void> {
    const options = { dynamo: this.#network, tableName, clock: this.clock, random: this.#random };
    const semaphore = new DynamoSemaphore({ ...options, skewToleranceMs: 0 });
    const leaseMs = [1_000, 5_000, 20_000][this.#below(3)];
    const permit = await semaphore.tryAcquire('k', { n: this.#n, leaseMs });
    this.log.push(`takes ${permit?.fence}`);
    if (permit !== undefined) {
      expect(this.#fences, this.log.join(', ')).not.toContain(permit.fence);
      this.#fences.add(permit.fence);
      this.#held.push(permit);
    } else if (!this.#isBetween) {
      expect(this.#living().length, `${this.log.join(', ')}: refused`).toBe(this.#n);
    }
  }

  async #renew(permit: HeldPermit): Promise<void> {
    const error = await permit.renew({ leaseMs: 5_000 }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    this.log.push(`renews ${permit.fence}`);
    expect(error?.name ?? 'LockLostError').toBe('LockLostError');
  }

  async #release(permit: HeldPermit): Promise<void> {
    this.#held = this.#held.filter((other) => other !== permit);
    const isHeld = permit.remainingMs > 0;
    const outcome = await permit.release();
    this.log.push(`releases ${permit.fence}`);
    if (isHeld && !this.#isBetween) expect(outcome, this.log.join(', ')).toBe('released');
  }

  async #deliver(): Promise<void> {
    this.#copies = this.#copies.filter(({ releases }) => releases < remembered);
    for (const { send } of this.#copies) {
      if (this.#random.unit() < 0.2) await send().catch(() => undefined);
    }
    this.log.push('copies');
  }

  #check(): void {
    const row = this.#row();
    const ends = this.#ends();
    const said = this.log.join(', ');
    expect(numberOf(row, 'taken') ?? 0, said).toBe(ends.length);
    expect(ends.length, said).toBeLessThanOrEqual(this.#n);
    const held = this.#held.filter(({ remainingMs }) => remainingMs > 0);
    expect(held.length, said).toBeLessThanOrEqual(this.#n);
    // The call under way may have taken one, which nobody knows yet.
    if (!this.#isBetween) {
      const known = this.#held.map(({ fence }) => fence);
      for (const name of this.#living()) {
        expect(known, said).toContain(numberOf(row, name.replace('e.', 'f.')));
      }
    }
    const parts = Object.keys(row).filter((name) => /^[fh]\./.test(name));
    expect(new Set(parts.map((name) => `e.${name.slice(2)}`)), said).toEqual(new Set(ends));
  }

  #ends(): string[] {
    return Object.keys(this.#row()).filter((name) => name.startsWith('e.'));
  }

  #living(): string[] {
    return this.#ends().filter((name) => (numberOf(this.#row(), name) ?? 0) > this.clock.now());
  }

  #row(): Item {
    return this.memory.rows(tableName)[0] ?? {};
  }

  #below(max: number): number {
    return Math.floor(this.#random.unit() * max);
  }

  readonly #network: DynamoTransport = {
    usesSockets: false,
    call: async <O extends DynamoOperation>(operation: O, input: DynamoInput<O>) => {
      const copy = async () => this.memory.call(operation, input);
      const send = async () => {
        const output = await copy();
        if (JSON.stringify(input).includes('taken + :by')) {
          for (const other of this.#copies) other.releases++;
        }
        this.#copies.push({ send: copy, releases: 0 });
        return output;
      };
      const between = this.#between;
      this.#between = undefined;
      if (between !== undefined) {
        if (this.#random.unit() < 0.8) await send().catch(() => undefined);
        await between();
      }
      return send();
    },
  };
}

test('places are counted, given out once and never more than n, whatever is lost, repeated or late', async () => {
  for (let seed = 1; seed <= 80; seed++) {
    const history = new History(seed);
    for (let step = 0; step < 50; step++) await history.step();
  }
});
