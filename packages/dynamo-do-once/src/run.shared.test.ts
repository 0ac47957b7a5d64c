import { beforeEach, expect, test } from 'vitest';

import { gate, Scene } from '../test/scene.js';

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
  return () => expect(scene.clock.pendingSleeps).toBe(0);
});

/** Works until the signal of its caller aborts, as a `fetch` does. */
function abortable(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

test('the abort of the caller that runs the action does not reach the others', async () => {
  const manager = scene.open();
  const abort = new AbortController();
  const { signal } = abort;
  const first = manager.doOnce('ann', 'mail', () => abortable(signal), { signal });
  const others = [2, 3].map((n) => manager.doOnce('ann', 'mail', () => n));
  await scene.clock.advance(0);
  const aborted = expect(first).rejects.toMatchObject({ name: 'AbortError' });
  abort.abort();
  await aborted;
  expect(await scene.clock.drive(Promise.all(others))).toMatchObject([
    { didAction: true, actionResponse: 2 },
    { didAction: false },
  ]);
});

test('the loss of the lease of the caller that runs the action does not reach the others', async () => {
  const manager = scene.open();
  const first = manager.doOnce('ann', 'mail', ({ signal }) => abortable(signal), {
    leaseMs: 1_000,
  });
  const second = manager.doOnce('ann', 'mail', () => 2, { leaseMs: 5_000 });
  const lost = expect(first).rejects.toMatchObject({ code: 'DoOnceLeaseLost' });
  await scene.clock.advance(1_000);
  await lost;
  expect(await scene.clock.drive(second)).toMatchObject({ actionResponse: 2 });
});

test('a call after one that failed begins anew', async () => {
  const manager = scene.open();
  const work = gate();
  const first = manager.doOnce('ann', 'mail', () => work.opened);
  const again = first.catch(() => manager.doOnce('ann', 'mail', () => 'again'));
  work.fail(new Error('broken'));
  expect(await again).toMatchObject({ didAction: true, actionResponse: 'again' });
});
