import { beforeEach, expect, test } from 'vitest';

import { gate, TestSetup } from '../test/test-setup.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
  return () => expect(setup.clock.pendingSleeps).toBe(0);
});

/** Works until the signal of its caller aborts, as a `fetch` does. */
function abortable(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

test('the abort of the caller that runs the action does not reach the others', async () => {
  const manager = setup.open();
  const abort = new AbortController();
  const { signal } = abort;
  const first = manager.doOnce('ann', 'mail', () => abortable(signal), { signal });
  const others = [2, 3].map((n) => manager.doOnce('ann', 'mail', () => n));
  await setup.clock.advance(0);
  const aborted = expect(first).rejects.toMatchObject({ name: 'AbortError' });
  abort.abort();
  await aborted;
  expect(await setup.clock.drive(Promise.all(others))).toMatchObject([
    { didAction: true, actionResponse: 2 },
    { didAction: false },
  ]);
});

test('the loss of the lease of the caller that runs the action does not reach the others', async () => {
  const manager = setup.open();
  const first = manager.doOnce('ann', 'mail', ({ signal }) => abortable(signal), {
    leaseMs: 1_000,
  });
  const second = manager.doOnce('ann', 'mail', () => 2, { leaseMs: 5_000 });
  const lost = expect(first).rejects.toMatchObject({ code: 'DoOnceLeaseLost' });
  await setup.clock.advance(1_000);
  await lost;
  expect(await setup.clock.drive(second)).toMatchObject({ actionResponse: 2 });
});

test('a call after one that failed begins anew', async () => {
  const manager = setup.open();
  const work = gate();
  const first = manager.doOnce('ann', 'mail', () => work.opened);
  const again = first.catch(() => manager.doOnce('ann', 'mail', () => 'again'));
  work.fail(new Error('broken'));
  expect(await again).toMatchObject({ didAction: true, actionResponse: 'again' });
});
