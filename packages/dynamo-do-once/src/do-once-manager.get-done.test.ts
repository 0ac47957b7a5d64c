import { S, UnreadableRowError } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, startMs } from '../test/test-setup.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
});

describe('getDone()', () => {
  test('says when it was done and what came of it, with one GetItem', async () => {
    await setup.open().doOnce('ann', 'mail', () => ({ id: 7 }), { storeResult: true });
    setup.sent = [];
    const consistent: unknown[] = [];
    setup.before = ({ input }) =>
      consistent.push((input as object as Record<string, unknown>)['ConsistentRead']);
    expect(await setup.open().getDone('ann', 'mail')).toEqual({ at: startMs, result: { id: 7 } });
    await setup.open().getDone('ann', 'mail', { consistent: true });
    expect(setup.sent).toEqual(['GetItem', 'GetItem']);
    expect(consistent).toEqual([false, true]);
  });

  test('finds nothing where there is nothing, a claim, or an expired mark', async () => {
    expect(await setup.open().getDone('ann', 'mail')).toBeUndefined();
    await setup.die();
    expect(await setup.open().getDone('ann', 'mail')).toBeUndefined();
    await setup.open().markDone('ann', 'mail', { ttlSeconds: 1 });
    expect(await setup.open().getDone('ann', 'mail')).toEqual({ at: startMs, result: undefined });
    await setup.clock.advance(1_000);
    expect(await setup.open().getDone('ann', 'mail')).toBeUndefined();
  });

  test('reads with the codec of the manager, and says where it cannot', async () => {
    const storeResult = { encode: () => S('in'), decode: () => 'out' };
    await setup.open({ storeResult }).doOnce('ann', 'mail', () => 1);
    expect(await setup.open({ storeResult }).getDone('ann', 'mail')).toMatchObject({
      result: 'out',
    });
    await expect(setup.open().getDone('ann', 'mail')).rejects.toBeInstanceOf(UnreadableRowError);
  });
});
