import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup } from '../test/test-setup.js';
import type { DoOnceManager } from './index.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
});

describe('options', () => {
  const act = (): number => 1;
  const how = { userId: () => 'ann', key: () => 'mail' };

  test.each<[string, object, string, (manager: DoOnceManager, options: object) => unknown]>([
    ['doOnce', { marshall: act }, 'marshall', (m, o) => m.doOnce('ann', 'mail', act, o)],
    ['doOnce', { lease: 5 }, 'lease', (m, o) => m.doOnce('ann', 'mail', act, o)],
    ['once', { abortSignal: 5 }, 'abortSignal', (m, o) => m.once({ ...how, ...o }, act)],
    ['transact', { leaseMs: 5 }, 'leaseMs', (m, o) => m.transact('ann', 'mail', [], o)],
    ['transact', { marshall: 5 }, 'marshall', (m, o) => m.transact('ann', 'mail', [], o)],
    ['doOnce', { storeResult: {} }, 'storeResult', (m, o) => m.doOnce('ann', 'mail', act, o)],
    ['markDone', { expiresAfterMs: 5 }, 'expiresAfterMs', (m, o) => m.markDone('ann', 'mail', o)],
    ['clearKey', { payload: 5 }, 'payload', (m, o) => m.clearKey('ann', 'mail', o)],
    ['haveAlreadyDone', { consist: 5 }, 'consist', (m, o) => m.haveAlreadyDone('ann', 'mail', o)],
    ['getDone', { consist: 5 }, 'consist', (m, o) => m.getDone('ann', 'mail', o)],
    ['the constructor', { payload: 5 }, 'payload', (_, o) => setup.open(o)],
  ])('of %s that there are not are refused by name: %j', async (_, options, field, use) => {
    const call = async (): Promise<unknown> => use(setup.open(), options);
    await expect(call()).rejects.toMatchObject({ code: 'InvalidInput', field });
    expect(setup.sent).toEqual([]);
  });

  test('that are a signal are refused', async () => {
    const signal = new AbortController().signal as object;
    const call = setup.open().doOnce('ann', 'mail', act, signal);
    await expect(call).rejects.toThrow('given as { signal }');
  });

  test.each(['userId', 'key', 'payload', 'fn'])('of once() need a function as %s', (field) => {
    const given = { ...how, ...(field !== 'fn' && { [field]: 5 }) };
    const fn = (field === 'fn' ? 5 : act) as typeof act;
    expect(() => setup.open().once(given, fn)).toThrow(expect.objectContaining({ field }));
  });
});
