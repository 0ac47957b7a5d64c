import { explore, expectNoViolation, sample, type Scenario, type World } from '@x/simulation';
import { stringOf, type Item } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import {
  DoOnceAbandonedError,
  DoOnceInProgressError,
  DoOnceManager,
  partitionedKeysTable,
  type DoOnceManagerOptions,
  type DoOnceResponse,
} from '../src/index.js';

const tables = [partitionedKeysTable];
const tableName = partitionedKeysTable.name;
const leaseMs = 1_000;

/** A run of the action, as long as it may believe to be the only one. */
interface Run {
  readonly name: string;
  readonly isLive: () => boolean;
  ended: boolean;
}

/** With what a call may end. */
const expected = [RangeError, DoOnceInProgressError, DoOnceAbandonedError];

/** What the callers of one key in one world did and were told. */
class Witness {
  readonly runs: Run[] = [];
  readonly told: DoOnceResponse<string>[] = [];
  readonly world: World;
  #markedFirst: string | undefined;

  constructor(world: World) {
    this.world = world;
    world.always(() => this.#atMostOneLive() ?? this.#markStands());
    world.atEnd(() => this.#agreed());
  }

  row(): Item | undefined {
    return this.world.rows(tableName)[0];
  }

  get isDone(): boolean {
    return this.row()?.['data'] !== undefined;
  }

  /** A call of one process, whose action takes a step and may fail. */
  caller(
    name: string,
    options: DoOnceManagerOptions = {},
    { fails = false, clockOffsetMs = 0, driftRate = 0, stallsMs = 0 } = {},
  ): void {
    const client = this.world.client(name, { clockOffsetMs, driftRate });
    const { dynamo, clock, random } = client;
    const settings = { leaseMs, storeResult: true, skewToleranceMs: 0, ...options };
    const manager = new DoOnceManager({ dynamo, tableName, clock, random }, settings);
    client.run(async () => {
      try {
        const answer = await manager.doOnce('ann', 'mail', async (context) => {
          const run = { name, isLive: () => context.leaseMsLeft > 0, ended: false };
          this.runs.push(run);
          try {
            if (stallsMs > 0) await client.pauseFor(stallsMs);
            else await client.step('acts');
            if (fails) throw new RangeError('the action failed');
            return `by ${name}`;
          } finally {
            run.ended = true;
          }
        });
        client.log(`is told ${JSON.stringify(answer)}`);
        this.told.push(answer);
        if (!this.isDone) this.world.fail(`${name} is told that it is done, and it is not`);
      } catch (error) {
        if (!expected.some((kind) => error instanceof kind)) throw error;
      }
    });
  }

  #atMostOneLive(): string | undefined {
    const live = this.runs.filter(({ ended, isLive }) => !ended && isLive());
    return live.length > 1 ? `live at once: ${live.map(({ name }) => name).join()}` : undefined;
  }

  /** The first mark stays: nobody replaces or removes it. */
  #markStands(): string | undefined {
    const owner = this.isDone ? stringOf(this.row(), 'owner') : undefined;
    this.#markedFirst ??= owner;
    return owner === this.#markedFirst ? undefined : `${owner} replaced ${this.#markedFirst}`;
  }

  /** Everybody is told one result, and one at most that it was theirs. */
  #agreed(): string | undefined {
    // A result that could not be stored is its caller's alone, who is told so.
    const isLost = this.told.some((answer) => answer.didAction && answer.resultNotStored);
    const results = new Set(
      this.told.map(({ at, actionResponse }) => `${at} ${isLost ? '' : actionResponse}`),
    );
    if (results.size > 1) return `told ${[...results].join(' and ')}`;
    const winners = this.told.filter(({ didAction }) => didAction).length;
    return winners > 1 ? `${winners} did it` : undefined;
  }
}

/** Whoever waits does so until the others are done, or the lease of a dead one is over. */
const patient = { waitMsMax: 3 * leaseMs };

/** Nobody fails and nothing is lost. */
const untroubled: Scenario = (world) => {
  const witness = new Witness(world);
  for (const name of ['A', 'B', 'C']) witness.caller(name, patient);
  world.atEnd(() => {
    const { runs, told } = witness;
    return runs.length === 1 && told.length === 3 ? undefined : `${runs.length} runs`;
  });
};

/** Callers that do not wait meet more often. */
function hasty(...names: string[]): Scenario {
  return (world) => {
    const witness = new Witness(world);
    for (const name of names) witness.caller(name, { waitMsMax: 0 });
  };
}

/** One of them may die anywhere. */
const crashing: Scenario = (world) => {
  const witness = new Witness(world);
  for (const name of ['A', 'B', 'C']) witness.caller(name, patient);
  world.atEnd(() => {
    const { runs, told } = witness;
    if (told.length < 2) return `only ${told.length} are told`;
    return runs.length <= 2 ? undefined : `${runs.length} runs`;
  });
};

/** One stalls beyond its lease, one fails, and the clocks are apart as far as is tolerated. */
const troubled: Scenario = (world) => {
  const witness = new Witness(world);
  const options = { ...patient, skewToleranceMs: 300 };
  witness.caller('A', options, { stallsMs: leaseMs * 2, clockOffsetMs: -100, driftRate: -0.005 });
  witness.caller('B', options, { fails: true, clockOffsetMs: 100, driftRate: 0.005 });
  witness.caller('C', options);
};

const beating: Scenario = (world) => {
  const witness = new Witness(world);
  const options = { ...patient, heartbeat: true };
  witness.caller('A', options, { stallsMs: leaseMs * 2 });
  witness.caller('B', options, { fails: true });
  witness.caller('C', options);
};

/** No lease ends: an action that was begun is never begun again. */
const atMostOnce: Scenario = (world) => {
  const witness = new Witness(world);
  for (const name of ['A', 'B']) witness.caller(name, { takeover: false, waitMsMax: 0 });
  world.always(() => (witness.runs.length > 1 ? 'it ran twice' : undefined));
};

describe('doOnce() of three processes', { timeout: 120_000 }, () => {
  test('runs the action once in every schedule without faults', async () => {
    const result = await explore(untroubled, { name: 'untroubled', tables, preemptionsMax: 1 });
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(20);
  });

  test('never runs it twice at once, whatever is lost, late or repeated', async () => {
    const options = { tables, preemptionsMax: 1, faultsMax: 1, ticks: [leaseMs] };
    const two = await explore(hasty('A', 'B'), { ...options, name: 'two' });
    expectNoViolation(two, { exhaustive: true });
    expect(two.runs).toBeGreaterThan(500);
    const sampled = { tables, seed: 3, runs: 2_000, faultsMax: 2, ticks: [leaseMs] };
    expectNoViolation(await sample(hasty('A', 'B', 'C'), { ...sampled, name: 'three' }));
  });

  test('survives a crash at any point: the others finish it, with one more run at most', async () => {
    const options = { tables, preemptionsMax: 0, faultsMax: 1, faults: ['crash'] } as const;
    const result = await explore(crashing, { ...options, name: 'crashing' });
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(20);
  });

  test('keeps to one mark and one result through pauses, failures, drift and faults', async () => {
    const ticks = [leaseMs / 2, leaseMs, leaseMs];
    const options = { tables, seed: 1, runs: 2_000, faultsMax: 3, ticks };
    expectNoViolation(await sample(troubled, { ...options, name: 'troubled' }));
  });

  test('the same with heartbeats', async () => {
    const ticks = [leaseMs / 2, leaseMs];
    const options = { tables, seed: 2, runs: 1_500, faultsMax: 3, ticks };
    expectNoViolation(await sample(beating, { ...options, name: 'beating' }));
  });

  test('with takeover: false, runs it once at most, whoever crashes or stands still', async () => {
    const result = await explore(atMostOnce, {
      name: 'at most once',
      tables,
      preemptionsMax: 1,
      faultsMax: 1,
      faults: ['crash', 'lost-reply', 'late-request', 'repeat', 'duplicate'],
      ticks: [leaseMs * 2],
    });
    expectNoViolation(result, { exhaustive: true });
  });
});
