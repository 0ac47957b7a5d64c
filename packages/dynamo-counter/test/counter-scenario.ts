import type { Item } from '@x/dynamo-core';
import { isSimulatedNetworkError, type Scenario, type SimulatedClient } from '@x/simulation';

import { KeyValueCounter, type KeyValueCounterOptions } from '../src/index.js';

export const tableName = 'keys';
export const rowKey = { key: { S: 'a' } };

/** The counter of one simulated process. */
export function counterOf(
  { dynamo, clock, random }: SimulatedClient,
  options: KeyValueCounterOptions = {},
): KeyValueCounter {
  return new KeyValueCounter({ namespace: '', dynamo, tableName, clock, random, ...options });
}

/** What a call came to; `undefined` when nobody knows, because the network failed. */
export async function known<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isSimulatedNetworkError(error)) return undefined;
    throw error;
  }
}

export interface IncrementsOptions extends KeyValueCounterOptions {
  /** How many increments each process makes, one after the other. */
  readonly clients: Readonly<Record<string, number>>;
  /** The row that they begin with. When it expires, its increments go. */
  readonly row?: Item;
  /** Whether another process deletes the counter meanwhile. */
  readonly isDeleted?: boolean;
  /** How long each increment is remembered in a row of its own. */
  readonly tokenTtlSeconds?: number;
}

/**
 * Processes that increment one counter. Each increment has a digit of its own in base 4: the digit
 * tells how often it counts, up to three times.
 */
export function increments({
  clients,
  row,
  isDeleted = false,
  tokenTtlSeconds,
  ...options
}: IncrementsOptions): Scenario {
  return async (world) => {
    if (row !== undefined) {
      await world.store.call('PutItem', { TableName: tableName, Item: { ...rowKey, ...row } });
    }
    const acknowledged: number[] = [];
    let next = 0;
    const missing = new Set<number>();
    let latest: number[] = [];
    for (const [name, times] of Object.entries(clients)) {
      const client = world.client(name);
      const counter = counterOf(client, options);
      const mine = Array.from({ length: times }, () => next++);
      client.run(async () => {
        for (const digit of mine) {
          const token = tokenTtlSeconds && { token: `increment ${digit}`, tokenTtlSeconds };
          const count = await known(counter.incr('a', 4 ** digit, token || {}));
          if (count === undefined) continue;
          acknowledged.push(digit);
          client.log(`increment ${digit} is acknowledged with ${digitsOf(count).join('')}`);
          if (digitsOf(count)[digit] !== 1 && !missing.has(digit)) {
            world.fail(`answered increment ${digit} without it`);
          }
        }
      });
    }
    if (isDeleted) {
      const client = world.client('D');
      client.run(() => counterOf(client, options).delete('a'));
    }
    const stored = (): number => {
      const counter = world.rows(tableName).find(({ key }) => key?.S === 'a');
      return Number(counter?.['count']?.N ?? 0);
    };
    world.always(() => {
      const digits = digitsOf(stored());
      if (digits.some((digit, n) => digit < (latest[n] ?? 0))) {
        // The counter has started over.
        for (const [n, digit] of latest.entries()) if (digit > 0 && digits[n] === 0) missing.add(n);
      }
      latest = digits;
      const twice = digits.findIndex((digit) => digit > 1);
      if (twice !== -1) return `counted increment ${twice} more than once`;
      const again = [...missing].find((n) => digits[n] !== 0);
      return again === undefined
        ? undefined
        : `counted increment ${again} again after it went missing`;
    });
    world.atEnd(() => {
      const lost = acknowledged.find((n) => !missing.has(n) && digitsOf(stored())[n] !== 1);
      return lost === undefined ? undefined : `lost increment ${lost}`;
    });
  };
}

/** 4^26 is the last power of 4 that a number holds exactly. */
const digitsMax = 26;

function digitsOf(count: number): number[] {
  return Array.from({ length: digitsMax }, (_, digit) => Math.floor(count / 4 ** digit) % 4);
}
