import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { S } from '@x/dynamo-core';
import { beforeEach, expect, test } from 'vitest';

import { gate, TestSetup, tableName } from '../test/test-setup.js';

const names = ['claim', 'takeover', 'repeat'].map((name) => `x-dynamo:do-once:${name}`);
const shown = 'ann/users.do_once.mail';

let setup: TestSetup;
let told: unknown[][];
beforeEach(() => {
  setup = new TestSetup();
  told = [];
  const listen = (message: unknown, name: string | symbol): void => {
    const { key, durationMs, outcome, ...rest } = message as Record<string, unknown>;
    expect([rest, key]).toEqual([{}, shown]);
    told.push([String(name).slice('x-dynamo:do-once:'.length), durationMs, outcome]);
  };
  for (const name of names) subscribe(name, listen);
  return () => names.forEach((name) => unsubscribe(name, listen));
});

test('doOnce() tells of its claim when the action is done, and of a repeat', async () => {
  await setup.open().doOnce('ann', 'mail', () => setup.clock.advance(70), {
    storeResult: true,
    payload: 'secret',
  });
  await setup.open().doOnce('ann', 'mail', () => 'again');
  expect(told).toEqual([
    ['claim', 70, 'done'],
    ['repeat', 0, 'done'],
  ]);
});

test('doOnce() tells of an action that failed, and callers that share a call of a repeat', async () => {
  const broken = (): never => {
    throw new RangeError('secret');
  };
  await expect(setup.open().doOnce('ann', 'mail', broken)).rejects.toThrow('secret');
  expect(told).toEqual([['claim', 0, 'failed']]);
  told = [];
  const manager = setup.open();
  const work = gate();
  const calls = [1, 2].map(() => manager.doOnce('ann', 'mail', () => work.opened));
  await setup.clock.advance(0);
  work.open();
  await Promise.all(calls);
  expect(told.toSorted()).toEqual([
    ['claim', 0, 'done'],
    ['repeat', 0, 'shared'],
  ]);
});

test('doOnce() tells of the takeover of a dead claim, after what it has waited', async () => {
  await setup.die({ leaseMs: 5_000 });
  await setup.clock.drive(setup.open().doOnce('ann', 'mail', () => 'sent'));
  expect(told).toEqual([
    ['takeover', 5_000, 'taken'],
    ['claim', 5_000, 'done'],
  ]);
});

test('transact() tells the same', async () => {
  const item = { partitionKey: S('a'), sortKey: S('b') };
  const options = { marshall: (given: object) => given as never };
  const puts = [{ Put: { TableName: tableName, Item: item } }];
  await setup.open().transact('ann', 'mail', puts, options);
  await setup.open().transact('ann', 'mail', puts, options);
  expect(told).toEqual([
    ['claim', 0, 'done'],
    ['repeat', 0, 'done'],
  ]);
});
