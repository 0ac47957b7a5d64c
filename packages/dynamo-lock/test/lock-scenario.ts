import { N, S, numberOf, type Clock, type DynamoTransport, type Item } from '@x/dynamo-core';
import { isConditionalCheckFailed } from '@x/dynamo-core/mechanism';
import { MemoryDynamo } from '@x/dynamo-testing';
import {
  isSimulatedNetworkError,
  type Check,
  type ClockDeviation,
  type Scenario,
  type SimulatedClient,
  type World,
} from '@x/simulation';

import { DynamoLock, LockLostError, fenceCondition, type HeldLock } from '../src/index.js';

/** What a client does with the lock, between taking and releasing it. */
export type Work = (lock: HeldLock, client: SimulatedClient) => Promise<void>;

export interface LockScenario {
  readonly clients: Readonly<Record<string, ClockDeviation>>;
  readonly skewToleranceMs: number;
  /** Whether it is wrong that two hold the lock, each by its own clocks. */
  readonly exclusive: boolean;
  /** @default one step, in which the others may act and time may go by */
  readonly work?: Work;
  /** Breaks the clients on purpose. */
  readonly mutate?: (dynamo: DynamoTransport) => DynamoTransport;
  /** Starts what else takes part. */
  readonly begins?: (world: World) => void;
}

const row = { TableName: 'locks', Key: { key: S('k') } };
const timeoutSeconds = 2;

/**
 * Each client takes the lock once, works and releases it. Checked after every event: that at most
 * one holds it by its own clocks, that no fence comes twice, and that no holder writes the resource
 * after a later one has written.
 */
export function lockScenario(options: LockScenario): Scenario {
  const { clients, exclusive, skewToleranceMs, begins } = options;
  const { work = (_, client) => client.step('works'), mutate = (dynamo) => dynamo } = options;
  return (world) => {
    const held: { client: string; lock: HeldLock }[] = [];
    const fences: number[] = [];
    if (exclusive) world.always(() => twoHolders(held));
    world.always(() => fenceTwice(world, fences));
    world.always(staleWrite(world, fences));
    begins?.(world);
    for (const [name, deviation] of Object.entries(clients)) {
      const client = world.client(name, deviation);
      const { clock, random } = client;
      const locks = new DynamoLock({
        dynamo: mutate(client.dynamo),
        clock: withoutBounds(clock),
        random,
        skewToleranceMs,
        tableName: 'locks',
        holder: name,
      });
      client.run(async () => {
        const lock = await locks.tryAcquire('k', timeoutSeconds);
        if (lock === undefined) return;
        client.log(`HOLDS the lock with fence ${lock.fence}`);
        held.push({ client: name, lock });
        await work(lock, client);
        await lock.release();
      });
    }
  };
}

/** Writes the resource under the lock's fence, as the README tells it; refused, it does nothing. */
export const fencedWrite: Work = async (lock, client) => {
  const { names, values, assignment, condition } = fenceCondition(lock, { attribute: 'writtenBy' });
  try {
    await client.dynamo.call('UpdateItem', {
      TableName: 'resources',
      Key: { id: S('r') },
      UpdateExpression: `SET ${assignment}`,
      ConditionExpression: condition,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    });
  } catch (error) {
    if (!isConditionalCheckFailed(error)) throw error;
  }
};

/** Writes the resource without the fence, right after a look at the clocks. */
export const unfencedWrite: Work = async (lock, client) => {
  if (lock.remainingMs === 0) return;
  await client.dynamo.call('UpdateItem', {
    TableName: 'resources',
    Key: { id: S('r') },
    UpdateExpression: 'SET writtenBy = :fence',
    ExpressionAttributeValues: { ':fence': N(lock.fence) },
  });
};

/** Works, renews, and works on, unless the lock is lost. */
export const renewingWork: Work = async (lock, client) => {
  await client.step('works');
  try {
    await lock.renew();
    await client.step('works on');
  } catch (error) {
    if (!(error instanceof LockLostError) && !isSimulatedNetworkError(error)) throw error;
  }
};

/** A client of the original that releases late: it deletes the row, whoever holds the lock. */
export function lateDelete(world: World): void {
  const client = world.client('original');
  client.run(async () => {
    await client.dynamo.call('DeleteItem', row);
  });
}

/** Time to Live, which deletes what is past it at some moment after a week and a day. */
export function timeToLive(world: World): void {
  const client = world.client('ttl');
  client.run(async () => {
    await client.clock.sleep(8 * 86_400_000);
    if (world.store instanceof MemoryDynamo) client.log(`deletes ${world.store.sweep()} rows`);
  });
}

/** Takes the condition off every release, as the original has none. */
export function releasingUnconditionally(dynamo: DynamoTransport): DynamoTransport {
  return {
    call: (operation, input, options) => {
      const update = input as { UpdateExpression?: string; ExpressionAttributeValues?: Item };
      if (update.UpdateExpression?.includes('releasedBy = :releasedBy') !== true) {
        return dynamo.call(operation, input, options);
      }
      const values = { ...update.ExpressionAttributeValues };
      for (const name of [':owner', ':fence']) delete values[name];
      const always = { ConditionExpression: undefined, ExpressionAttributeValues: values };
      return dynamo.call(operation, { ...input, ...always }, options);
    },
  };
}

/**
 * Bounds of requests in the background never end here, so that schedules are few: a request without
 * an answer is a fault of its own, and `silent-endpoint.test.ts` tries the bounds.
 */
function withoutBounds(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, options) => {
      const isBound = options?.keepAlive === false && [250, 1_500, 30_000].includes(ms);
      if (!isBound) return clock.sleep(ms, options);
      return new Promise((_, reject) => {
        options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
      });
    },
  };
}

function twoHolders(held: readonly { client: string; lock: HeldLock }[]): string | undefined {
  const live = held.filter(({ lock }) => lock.remainingMs > 0).map(({ client }) => client);
  return live.length > 1 ? `Held by ${live.join(' and ')}` : undefined;
}

/** Keeps the fences in the order in which the table gave them out. */
function fenceTwice(world: World, fences: number[]): string | undefined {
  const fence = numberOf(world.rows('locks')[0], 'fence');
  if (fence === undefined || fence === fences.at(-1)) return undefined;
  if (fences.includes(fence)) return `The fence ${fence} comes twice`;
  fences.push(fence);
  return undefined;
}

function staleWrite(world: World, fences: readonly number[]): Check {
  let latest = -1;
  return () => {
    const writer = numberOf(world.rows('resources')[0], 'writtenBy');
    const rank = writer === undefined ? -1 : fences.indexOf(writer);
    if (rank < latest) return `A stale write: of holder ${rank + 1} after holder ${latest + 1}`;
    latest = rank;
    return undefined;
  };
}
