import { getEventListeners } from 'node:events';

import { partitionedKeysTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { expect, onTestFinished, test, vi } from 'vitest';

import { idempotent } from './fetch.js';

function open(handler: () => Response): (key: string) => Promise<Response> {
  const clock = new ManualClock();
  const memory = new MemoryDynamo({ clock });
  memory.createTable(partitionedKeysTable);
  const pay = idempotent(handler, { dynamo: memory, tableName: partitionedKeysTable.name, clock });
  const asked = (key: string) => ({
    method: 'POST',
    body: '{}',
    headers: { 'idempotency-key': key },
  });
  return (key) => pay(new Request('https://shop.example/pay', asked(key)));
}

test('listens to a signal of its own for each request: none gathers the listeners of many', async () => {
  const add = vi.spyOn(EventTarget.prototype, 'addEventListener');
  const pay = open(() => new Response('paid'));
  for (let request = 0; request < 20; request++) await pay(`key-${request}`);
  const signals = new Set(add.mock.contexts as AbortSignal[]);
  add.mockRestore();
  expect(signals.size).toBeGreaterThan(0);
  const listening = [...signals].map((signal) => getEventListeners(signal, 'abort').length);
  expect(Math.max(...listening)).toBeLessThan(2);
});

/** As frameworks put it in place of the platform's: one that takes any status. */
class LenientResponse extends Response {
  constructor(...[body, init]: ConstructorParameters<typeof Response>) {
    super(body, { ...init, status: init?.status === 0 ? 200 : (init?.status ?? 200) });
  }
}

test.each<[string, typeof Response]>([
  ['the platform', Response],
  ['a framework', LenientResponse],
])('Response.error() of %s is no answer: a repeat acts again', async (_, OfTheProcess) => {
  vi.stubGlobal('Response', OfTheProcess);
  onTestFinished(() => void vi.unstubAllGlobals());
  let runs = 0;
  const pay = open(() => (++runs < 2 ? Response.error() : new Response('paid')));
  await expect(pay('key')).rejects.toMatchObject({
    name: 'InvalidInputError',
    field: 'the answer',
  });
  expect(await (await pay('key')).text()).toBe('paid');
});
