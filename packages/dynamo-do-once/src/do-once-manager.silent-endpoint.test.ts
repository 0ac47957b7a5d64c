import { endOf } from '@x/conformance';
import { S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { gate, TestSetup, tableName } from '../test/test-setup.js';
import type { DoOnceManager, DoOnceManagerOptions } from './index.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
  return async () => {
    // What goes on in the background has a bound, too.
    await setup.clock.advance(62_000);
    expect(setup.clock.pendingSleeps).toBe(0);
  };
});

/** From now on the endpoint accepts everything, and answers nothing after its first `answers` answers. */
function silentAfter(answers: number): void {
  let left = answers;
  setup.before = () => (left-- > 0 ? undefined : new Promise<never>(() => {}));
}

interface Given {
  readonly signal?: AbortSignal;
}
type Use = (manager: DoOnceManager, given: Given) => Promise<unknown>;

const puts = [{ Put: { TableName: tableName, Item: { partitionKey: S('a'), sortKey: S('b') } } }];
const run: Use = (manager, given) => manager.doOnce('ann', 'mail', () => 'sent', given);
const fail: Use = (manager, given) =>
  manager.doOnce('ann', 'mail', () => Promise.reject(new RangeError('broken')), given);
const store: Use = (manager, given) =>
  manager.doOnce('ann', 'mail', () => 'sent', { ...given, storeResult: true });
const once: Use = (manager, given) =>
  manager.once({ ...given, userId: () => 'ann', key: () => 'mail' }, () => 'sent')();
const transact: Use = (manager, given) =>
  manager.transact('ann', 'mail', puts, { ...given, marshall: (item) => item });
const mark: Use = (manager, given) => manager.markDone('ann', 'mail', given);
const clear: Use = (manager, given) => manager.clearKey('ann', 'mail', given);
const ask: Use = (manager, given) => manager.haveAlreadyDone('ann', 'mail', given);

const get: Use = (manager, given) => manager.getDone('ann', 'mail', given);

const separate = { separateClaims: true };

describe.each<[string, number, Use, number, number, DoOnceManagerOptions?]>([
  ['doOnce()', 0, run, 30_250, 550],
  ['once()', 0, once, 30_250, 550],
  ['transact()', 0, transact, 30_000, 300],
  ['markDone()', 0, mark, 30_000, 300],
  ['clearKey()', 0, clear, 30_000, 300],
  ['haveAlreadyDone()', 0, ask, 30_000, 300],
  ['getDone()', 0, get, 30_000, 300],
  ['doOnce()', 1, run, 30_000, 1_800],
  ['once()', 1, once, 30_000, 1_800],
  ['doOnce() with a result', 1, store, 30_000, 1_800],
  ['doOnce() with separate claims', 1, run, 30_250, 550, separate],
  ['doOnce() with separate claims', 2, run, 30_000, 1_800, separate],
  ['clearKey() with separate claims', 1, clear, 30_000, 300, separate],
])('%s, where nothing answers after %d requests', (_, answers, use, ms, abortedMs, options) => {
  test(`ends after ${ms} ms`, async () => {
    silentAfter(answers);
    expect(await endOf(setup.clock, use(setup.open(options), {}))).toMatchObject([
      { name: 'TimeoutError' },
      ms,
    ]);
  });

  test(`ends with its signal, after ${abortedMs} ms`, async () => {
    silentAfter(answers);
    const { signal } = abortedAfter(300);
    const removed = vi.spyOn(signal, 'removeEventListener');
    const added = vi.spyOn(signal, 'addEventListener');
    expect(await endOf(setup.clock, use(setup.open(options), { signal }))).toMatchObject([
      { name: 'TypeError' },
      abortedMs,
    ]);
    await setup.clock.advance(62_000);
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
  });
});

describe.each<[string, Use]>([
  ['doOnce()', run],
  ['transact()', transact],
])('%s that waits for another, where nothing answers any more', (_, use) => {
  test('ends within its bound', async () => {
    await setup.die();
    silentAfter(1);
    const [error, ms] = await endOf(setup.clock, use(setup.open(), {}));
    expect([error, Math.floor(ms / 1_000)]).toMatchObject([{ name: 'TimeoutError' }, 30]);
  });

  test('ends at once with its signal', async () => {
    await setup.die();
    silentAfter(1);
    const { signal } = abortedAfter(300);
    const [error, ms] = await endOf(setup.clock, use(setup.open(), { signal }));
    expect(error).toMatchObject({ name: 'TypeError' });
    expect(ms).toBeLessThanOrEqual(550);
  });
});

/** Moves the clock to the moment at which the call is to end, and no further. */
async function expectEnd(call: Promise<unknown>, name: string, ms: number): Promise<void> {
  const ended = vi.fn<(error: unknown) => void>();
  void call.catch(ended);
  await setup.clock.advance(ms - 1);
  expect(ended).not.toHaveBeenCalled();
  await setup.clock.advance(1);
  expect(ended.mock.calls).toMatchObject([[{ name }]]);
}

function abortedAfter(ms: number): AbortController {
  const abort = new AbortController();
  setup.clock.sleep(ms).then(() => abort.abort(new TypeError('enough')), expect.unreachable);
  return abort;
}

test('a release that nobody answers ends within 1.5 s, goes on, and is reported', async () => {
  silentAfter(1);
  await expectEnd(fail(setup.open(), {}), 'RangeError', 1_500);
  const late = 'Cannot release the claim of "ann/users.do_once.mail" yet';
  expect(setup.warnings).toEqual([`${late}; it ends with its lease`]);
  await setup.clock.advance(30_000);
  expect(setup.warnings[1]).toContain('Cannot release the claim of "ann/users.do_once.mail"');
});

test('a heartbeat that nobody answers takes the lease from its action, and not its end', async () => {
  silentAfter(1);
  const work = setup.open().doOnce(
    'ann',
    'mail',
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    { heartbeat: true, leaseMs: 9_000 },
  );
  expect(await endOf(setup.clock, work)).toMatchObject([{ name: 'DoOnceLeaseLostError' }, 10_500]);
});

/** Each answer to a write takes this long from now on. */
function slow(ms: number): void {
  setup.after = async ({ operation }) => {
    if (operation === 'PutItem') await setup.clock.sleep(ms);
  };
}

test('a claim whose answer comes after the abort is given back', async () => {
  slow(10_000);
  const acted = vi.fn<() => void>();
  const { signal } = abortedAfter(300);
  const call = setup.open().doOnce('ann', 'mail', acted, { signal });
  await expectEnd(call, 'TypeError', 550);
  expect(setup.row()).toBeDefined();
  await setup.clock.advance(10_000);
  expect(setup.row()).toBeUndefined();
  expect(acted).not.toHaveBeenCalled();
  expect(setup.warnings).toEqual([]);
});

test('work that was done when its signal aborted is marked, and its caller hears of it', async () => {
  const abort = new AbortController();
  const { signal } = abort;
  const acting = setup.open().doOnce('ann', 'mail', () => abort.abort(), { signal });
  expect(await acting).toMatchObject({ didAction: true });
  expect(await setup.open().haveAlreadyDone('ann', 'mail')).toMatchObject({ done: true });
});

test('a mark goes on after the abort, and waits for the claim of a stranger', async () => {
  const work = gate();
  const abort = new AbortController();
  const { signal } = abort;
  const call = setup.open().doOnce('ann', 'mail', () => work.opened, { signal });
  await setup.clock.advance(0);
  await setup.open().clearKey('ann', 'mail');
  await setup.die({ leaseMs: 5_000 });
  abort.abort(new TypeError('enough'));
  work.open();
  await expectEnd(call, 'TypeError', 1_500);
  expect(await setup.open().haveAlreadyDone('ann', 'mail')).toBeUndefined();
  await setup.clock.advance(10_000);
  expect(await setup.open().haveAlreadyDone('ann', 'mail')).toMatchObject({ done: true });
});

test('a mark that fails after its caller has left is reported', async () => {
  setup.before = ({ operation }) => {
    if (operation !== 'PutItem' || setup.row() === undefined) return undefined;
    return setup.clock.sleep(5_000).then(() => Promise.reject(new Error('refused')));
  };
  const { signal } = abortedAfter(300);
  await expectEnd(run(setup.open(), { signal }), 'TypeError', 1_800);
  await setup.clock.advance(5_000);
  expect(setup.warnings).toEqual([
    'Cannot mark "ann/users.do_once.mail", after its signal has aborted: Error',
  ]);
});
