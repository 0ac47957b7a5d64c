import { stringOf } from '@x/dynamo-core';
import {
  expectNoViolation,
  isSimulatedNetworkError,
  networkFaults,
  sample,
  type Scenario,
  type SimulatedClient,
} from '@x/simulation';
import { test } from 'vitest';

import { keysTable, KeyValueTable } from '../src/index.js';

const tableName = 'keys';
const tables = [keysTable];
const id = 'report';

function tableOf({ dynamo, clock, random }: SimulatedClient): KeyValueTable {
  return new KeyValueTable({ dynamo, tableName, clock, random });
}

/** What a call came to; `undefined` when nobody knows, because the network failed. */
async function known<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isSimulatedNetworkError(error)) return undefined;
    throw error;
  }
}

/**
 * Two clients want the value, and each computes one of its own; another one meanwhile sets it or
 * deletes it. What was set stays, and what was computed before a delete does not come after it.
 */
function computing(change: (kv: KeyValueTable) => Promise<unknown>): Scenario {
  return (world) => {
    let computed = 0;
    /** How many computations had begun when the change was sent, once that is acknowledged. */
    let begunBefore: number | undefined;
    const values = new Set<string>();
    for (const name of ['A', 'B']) {
      const client = world.client(name);
      client.run(async () => {
        const compute = async (): Promise<string> => {
          const value = `computed ${computed++}`;
          values.add(value);
          await client.step('computes');
          return value;
        };
        const options = { ttlSeconds: 600, leaseMs: 5_000 };
        const value = await known(tableOf(client).getOrSet<string>(id, compute, options));
        if (value !== undefined && value !== 'set' && !values.has(value)) {
          world.fail(`answered ${value}, which nobody has computed`);
        }
      });
    }
    const c = world.client('C');
    c.run(async () => {
      const begun = computed;
      if ((await known(change(tableOf(c)).then(() => true))) === true) begunBefore = begun;
    });
    world.atEnd(() => {
      const [row] = world.rows(tableName);
      const data = stringOf(row, 'data');
      // A claim, and what a delete has revoked, stand beside this.
      if (begunBefore === undefined || data === undefined || data === 'null') return undefined;
      const value = JSON.parse(data) as string;
      const at = Number(value.split(' ')[1]);
      return value === 'set' || at >= begunBefore
        ? undefined
        : `${value} is stored over a change that came after it began`;
    });
  };
}

test.each<[string, (kv: KeyValueTable) => Promise<unknown>]>([
  ['set()', (kv) => kv.set(id, 'set')],
  ['delete()', (kv) => kv.delete(id)],
])('getOrSet() stores nothing over a %s that came since', async (name, change) => {
  const options = { name: `getOrSet beside ${name}`, tables, seed: 3, runs: 400 };
  expectNoViolation(
    await sample(computing(change), { ...options, faults: networkFaults, faultsMax: 3 }),
  );
});
