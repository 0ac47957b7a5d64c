import { N, numberOf, S, type Item } from '@x/dynamo-core';
import {
  expectNoViolation,
  explore,
  sample,
  type Scenario,
  type SimulatedClient,
  type World,
} from '@x/simulation';
import { describe, expect, test } from 'vitest';

import {
  DoOnceInProgressError,
  DoOnceManager,
  partitionedKeysTable,
  type DoOnceManagerOptions,
} from '../src/index.js';
import { leaseMs, Witness } from './do-once-scenario.js';

const tableName = partitionedKeysTable.name;
const tables = [partitionedKeysTable];
const patient = { waitMsMax: 3 * leaseMs };
/** Behind the row of the action, in the order of the keys. */
const counted: Item = { partitionKey: S('counts'), sortKey: S('mails') };

function open(client: SimulatedClient, options: DoOnceManagerOptions = {}): DoOnceManager {
  const { dynamo, clock, random } = client;
  return new DoOnceManager(
    { dynamo, tableName, clock, random },
    { leaseMs, skewToleranceMs: 0, ...patient, ...options },
  );
}

function countOf(world: World): number {
  const row = world.rows(tableName).find(({ partitionKey }) => partitionKey?.S === 'counts');
  return numberOf(row, 'n') ?? 0;
}

/** Some write with the mark, and one acts, which may die or stall. */
function together(names: readonly string[], stallsMs = 0): Scenario {
  return (world) => {
    const witness = new Witness(world);
    const applied: string[] = [];
    const told: unknown[] = [];
    for (const name of names) {
      const client = world.client(name);
      client.run(async () => {
        const Update = {
          TableName: tableName,
          Key: counted,
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': N(1) },
        };
        const options = { marshall: (item: object) => item };
        try {
          const answer = await open(client).transact('ann', 'mail', [{ Update }], options);
          told.push(answer.at);
          if (answer.didAction) applied.push(name);
          if (!witness.isDone) world.fail(`${name} is told that it is done, and it is not`);
        } catch (error) {
          if (!(error instanceof DoOnceInProgressError)) throw error;
        }
      });
    }
    witness.caller('C', patient, { stallsMs });
    let isCounted = false;
    world.always(() => {
      if (countOf(world) > 1) return 'the writes were applied twice';
      const isNew = !isCounted && countOf(world) === 1;
      isCounted ||= isNew;
      if (isNew && !witness.isDone) return 'the writes were applied without the mark';
      const live = witness.runs.filter(({ ended, isLive }) => !ended && isLive());
      return isNew && live.length > 0 ? 'the writes were applied while another acts' : undefined;
    });
    world.atEnd(() => {
      if (applied.length > countOf(world)) return `${applied.join()} applied what is not there`;
      const acted = witness.told.filter(({ didAction }) => didAction);
      if (acted.length + countOf(world) > 1) return 'the action and the writes both count';
      const moments = new Set([...told, ...witness.told.map(({ at }) => at)]);
      return moments.size > 1 ? `told ${[...moments].join(' and ')}` : undefined;
    });
  };
}

/** One marks for a second without acting, and others act before or after it. */
const marked: Scenario = (world) => {
  const marker = world.client('M');
  marker.run(() => open(marker).markDone('ann', 'mail', { ttlSeconds: 1 }));
  for (const name of ['A', 'B']) {
    const client = world.client(name);
    client.run(async () => {
      try {
        await open(client).doOnce('ann', 'mail', async () => {
          await client.step('acts');
          await client.step('acts on');
        });
      } catch (error) {
        if (!(error instanceof DoOnceInProgressError)) throw error;
      }
    });
  }
  let before: Item | undefined;
  world.always(() => {
    const [was, now] = [before, world.rows(tableName)[0]];
    before = now;
    const isLive = was?.['data'] === undefined && (numberOf(was, 'lease') ?? 0) > world.nowMs;
    // Only marks of markDone() expire here.
    if (!isLive || now?.['expiresAt'] === undefined || now['data'] === undefined) return undefined;
    const isLater = (numberOf(was, 'started') ?? 0) > Number(now['data'].S);
    return isLater ? 'a mark from before a claim has replaced it' : undefined;
  });
};

describe('transact() beside doOnce()', { timeout: 120_000 }, () => {
  test('applies its writes with the mark, once, in every schedule with one fault', async () => {
    const options = { name: 'together', tables, preemptionsMax: 0, faultsMax: 1, ticks: [leaseMs] };
    const result = await explore(together(['A']), options);
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(100);
  });

  test('and where two do, and the one who acts stalls', async () => {
    const ticks = [leaseMs / 2, leaseMs, leaseMs];
    const options = { name: 'stalls', tables, seed: 1, runs: 400, faultsMax: 3, ticks };
    expectNoViolation(await sample(together(['A', 'B'], leaseMs * 2), options));
  });
});

describe('markDone() beside doOnce()', { timeout: 120_000 }, () => {
  test('ends no claim that was made after it, also where its copies come late', async () => {
    const options = {
      name: 'marked',
      tables,
      seed: 1,
      runs: 1_000,
      faultsMax: 3,
      ticks: [leaseMs * 2, leaseMs * 2],
    };
    expectNoViolation(await sample(marked, options));
  });
});
