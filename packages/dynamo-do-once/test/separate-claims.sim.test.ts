import { S, type Item } from '@x/dynamo-core';
import { isConditionalCheckFailed } from '@x/dynamo-core/mechanism';
import {
  expectNoViolation,
  expectViolation,
  explore,
  networkFaults,
  sample,
  type Scenario,
  type World,
} from '@x/simulation';
import { describe, expect, test } from 'vitest';

import { DoOnceInProgressError, DoOnceManager, partitionedKeysTable } from '../src/index.js';
import { leaseMs } from './do-once-scenario.js';

const tableName = partitionedKeysTable.name;
const tables = [partitionedKeysTable];
const key: Item = { partitionKey: S('ann'), sortKey: S('users.do_once.mail') };

interface Setting {
  readonly ours: readonly string[];
  readonly originals: readonly string[];
  readonly separateClaims: boolean;
}

/** What the clients of one world did. */
interface Seen {
  /** The runs of ours that go on, by their leases. */
  readonly live: { readonly name: string; readonly isLive: () => boolean }[];
  recorded: boolean;
}

/**
 * Clients of ours and of the original, which share nothing but the row of the action. The original
 * looks, acts, and marks only where there is no row; so what it did must find no row of ours there.
 */
function beside({ ours, originals, separateClaims }: Setting): Scenario {
  return (world) => {
    const seen: Seen = { live: [], recorded: false };
    let first: string | undefined;
    world.always(() => {
      const live = seen.live.filter(({ isLive }) => isLive()).map(({ name }) => name);
      return live.length > 1 ? `live at once: ${live.join()}` : undefined;
    });
    world.always(() => {
      const mark = JSON.stringify(markOf(world));
      first ??= mark;
      return mark === first ? undefined : 'the first mark was replaced';
    });
    for (const name of ours) addOurs(world, name, separateClaims, seen);
    for (const name of originals) addOriginal(world, name, seen);
    world.atEnd(() =>
      seen.recorded && markOf(world) === undefined ? 'what is done is not recorded' : undefined,
    );
  };
}

function addOurs(world: World, name: string, separateClaims: boolean, seen: Seen): void {
  const client = world.client(name);
  const { dynamo, clock, random } = client;
  const options = { separateClaims, leaseMs, skewToleranceMs: 0, waitMsMax: 0 };
  const manager = new DoOnceManager({ dynamo, tableName, clock, random }, options);
  client.run(async () => {
    const isDone = markOf(world) !== undefined;
    try {
      await manager.doOnce('ann', 'mail', async (context) => {
        if (isDone) world.fail(`${name} acts though it was done before the call`);
        const run = { name, isLive: () => context.remainingMs > 0 };
        seen.live.push(run);
        await client.step('acts');
        seen.live.splice(seen.live.indexOf(run), 1);
      });
      if (markOf(world) === undefined) world.fail(`${name} is told that it is done, and it is not`);
    } catch (error) {
      if (!(error instanceof DoOnceInProgressError)) throw error;
    }
  });
}

/** What the original sends. Its errors are swallowed: it acts again at its next call. */
function addOriginal(world: World, name: string, seen: Seen): void {
  const client = world.client(name);
  client.run(async () => {
    const isDone = markOf(world) !== undefined;
    const { Item: found } = await client.dynamo.call('GetItem', { TableName: tableName, Key: key });
    if (found?.['data'] !== undefined) return;
    if (isDone) world.fail(`${name} acts though it was done before the call`);
    await client.step('acts');
    try {
      await client.dynamo.call('PutItem', {
        TableName: tableName,
        Item: { ...key, data: S('1') },
        ConditionExpression: 'attribute_not_exists(partitionKey)',
      });
    } catch (error) {
      if (!isConditionalCheckFailed(error)) throw error;
    }
    seen.recorded = true;
  });
}

/** The row of the action, where it says that it is done. */
function markOf(world: World): Item | undefined {
  return world
    .rows(tableName)
    .find((row) => row['sortKey']?.S === key['sortKey']?.S && row['data'] !== undefined);
}

describe('separateClaims beside clients of the original', { timeout: 60_000 }, () => {
  const mixed = { ours: ['A', 'B'], originals: ['original'], separateClaims: true };
  const bounds = { tables, preemptionsMax: 0, faultsMax: 1, faults: ['crash'] } as const;

  test('what the original did is recorded, whoever of ours dies at any point', async () => {
    const setting = { ...mixed, ours: ['A'] };
    const result = await explore(beside(setting), { ...bounds, name: 'one of each' });
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(10);
  });

  test('ours exclude each other, and nobody acts on what is done, whatever is lost or late', async () => {
    const faults = [...networkFaults, 'crash'] as const;
    const options = { tables, seed: 8, runs: 100, faultsMax: 2, faults, ticks: [leaseMs, leaseMs] };
    expectNoViolation(await sample(beside(mixed), { ...options, name: 'mixed' }));
  });

  test('a claim in the row of the action keeps the original from recording', async () => {
    const setting = { ...mixed, ours: ['A'], separateClaims: false };
    const result = await explore(beside(setting), {
      ...bounds,
      preemptionsMax: 1,
      name: 'one row',
    });
    expectViolation(result, 'what is done is not recorded');
  });
});
