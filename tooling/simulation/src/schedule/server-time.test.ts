import { N, S, stringOf, type TableDefinition } from '@x/dynamo-core';
import { connect, send, type Connection } from '@x/dynamo-core/mechanism';
import { expect, test } from 'vitest';

import { explore, expectNoViolation, type Scenario, type World } from '../index.js';
import type { SimulatedClient } from './simulated-client.js';

const rows: TableDefinition = { name: 'rows', partitionKey: { name: 'key', type: 'S' } };
const dayMs = 86_400_000;

function connection({ dynamo, clock, random }: SimulatedClient): Connection {
  return connect({ dynamo, clock, random, tableName: 'rows', serverClock: true }, 'rows');
}

/** Writes the time into the row of this name. */
async function write({ transport, clock }: Connection, name: string): Promise<void> {
  await send(transport, 'PutItem', () => ({
    TableName: 'rows',
    Item: { key: S(name), at: N(clock.now()) },
  }));
}

/** By how much the time in a row differs from the truth. */
function wrongBy(world: World, name: string): number {
  const row = world.rows('rows').find((item) => stringOf(item, 'key') === name);
  return Number(row?.['at']?.N) - world.nowMs;
}

async function run(scenario: Scenario): Promise<void> {
  expectNoViolation(
    await explore(scenario, { tables: [rows], startMs: 1_700_000_000_400, preemptionsMax: 0 }),
  );
}

test.each([2 * dayMs, -2 * dayMs, 301_000])(
  'a signature %d ms off is refused, and its request built anew',
  async (clockOffsetMs) => {
    await run((world) => {
      const client = world.client('A', { clockOffsetMs, signed: true });
      client.run(async () => {
        await write(connection(client), 'first');
        expect(Math.abs(wrongBy(world, 'first'))).toBeLessThan(2_000);
        await write(connection(client), 'second');
        expect(Math.abs(wrongBy(world, 'second'))).toBeLessThan(2_000);
      });
    });
  },
);

test('the SDK sends the same body again where nobody builds it anew', async () => {
  await run((world) => {
    const client = world.client('A', { clockOffsetMs: 2 * dayMs, signed: true });
    client.run(async () => {
      const Item = { key: S('first'), at: N(client.clock.now()) };
      await client.dynamo.call('PutItem', { TableName: 'rows', Item });
      expect(wrongBy(world, 'first')).toBe(2 * dayMs);
    });
  });
});

test('a first request that is four minutes off is decided by its clock, and no second one', async () => {
  await run((world) => {
    const client = world.client('A', { clockOffsetMs: -240_000, signed: true });
    client.run(async () => {
      await write(connection(client), 'first');
      expect(wrongBy(world, 'first')).toBe(-240_000);
      await write(connection(client), 'second');
      expect(Math.abs(wrongBy(world, 'second'))).toBeLessThan(2_000);
    });
  });
});

test('a Date that was cached and cut is less than two seconds old', async () => {
  await run((world) => {
    const client = world.client('A', { clockOffsetMs: 240_000, dateCached: true });
    client.run(async () => {
      const connected = connection(client);
      await write(connected, 'first');
      expect(connected.clock.now() - world.nowMs).toBe(-1_400);
      expect(connected.clock.machine.now() + connected.clock.offsetMs().latest - world.nowMs).toBe(
        600,
      );
    });
  });
});

test('suspendFor() stops both clocks and the timers, and the clock is right after an answer', async () => {
  await run((world) => {
    const client = world.client('A');
    client.run(async () => {
      const connected = connection(client);
      await write(connected, 'first');
      const [before, monotonic] = [client.clock.now(), client.clock.monotonic()];
      const timer = client.clock.sleep(100).then(() => world.nowMs);
      await client.suspendFor(60_000);
      expect(client.clock.now()).toBe(before);
      expect(client.clock.monotonic()).toBe(monotonic);
      expect(await timer).toBe(before + 60_100);
      await write(connected, 'second');
      expect(connected.clock.now() - world.nowMs).toBeGreaterThanOrEqual(-1_000);
    });
  });
});
