import { promisify } from 'node:util';

import { machineOf, wrongMachines } from '@x/conformance';
import { keysTable, type DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import type { SessionData } from 'express-session';
import { expect, test } from 'vitest';

import { DynamoSessionStore } from './dynamo-session-store.js';

const hourMs = 3_600_000;
const daysOff = ['two days behind', 'two days ahead'] as const;

/** The stores of a process whose clock is wrong, and of one whose clock is right, and what the first sends. */
async function open(name: (typeof daysOff)[number]) {
  const right = new ManualClock();
  const memory = new MemoryDynamo({ clock: right });
  const tableName = memory.createTable(keysTable, 'sessions');
  const machine = await machineOf(wrongMachines[name], right.now());
  machine.begin();
  const network = machine.network(memory);
  const sent: string[] = [];
  let between: (() => Promise<unknown>) | undefined;
  const dynamo: DynamoTransport = {
    usesSockets: false,
    call: async (operation, input, options) => {
      sent.push(operation);
      const output = await network.call(operation, input, options);
      await between?.();
      return output;
    },
  };
  const common = { tableName, ttlSeconds: hourMs / 1_000 };
  const methods = (store: DynamoSessionStore) => ({
    get: promisify<string, SessionData | null | undefined>(store.get.bind(store)),
    set: promisify<string, SessionData>(store.set.bind(store)),
  });
  return {
    right,
    sent,
    wrong: methods(
      new DynamoSessionStore({ ...common, dynamo, clock: machine.clock, serverClock: true }),
    ),
    other: methods(new DynamoSessionStore({ ...common, dynamo: memory, clock: right })),
    afterwards: (then: () => Promise<unknown>) => (between = then),
  };
}

function of(user: string, expires?: Date): SessionData {
  return { user, cookie: { expires } } as unknown as SessionData;
}

test.each(daysOff)('by a clock %s, the first set ends a session when it should', async (name) => {
  const { right, wrong, other } = await open(name);
  await wrong.set('a', of('ann'));
  await right.advance(hourMs - 10_000);
  expect(await other.get('a')).toMatchObject({ user: 'ann' });
  await right.advance(20_000);
  expect(await other.get('a')).toBeNull();
});

test.each(daysOff)('by a clock %s, the first set leaves what came behind it', async (name) => {
  const { sent, wrong, other, afterwards } = await open(name);
  afterwards(() => other.set('a', of('bob')));
  await wrong.set('a', of('ann'));
  expect(sent).toEqual(['UpdateItem']);
  expect(await other.get('a')).toMatchObject({ user: 'bob' });
});

test('a session that has ended by a clock two days ahead alone is stored', async () => {
  const { right, wrong, other } = await open('two days ahead');
  await wrong.set('a', of('ann', new Date(right.now() + hourMs)));
  expect(await other.get('a')).toMatchObject({ user: 'ann' });
});
