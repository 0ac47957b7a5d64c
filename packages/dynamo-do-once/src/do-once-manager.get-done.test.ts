import { S, UnreadableRowError } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { Scene, startMs } from '../test/scene.js';

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
});

describe('getDone()', () => {
  test('says when it was done and what came of it, with one GetItem', async () => {
    await scene.open().doOnce('ann', 'mail', () => ({ id: 7 }), { storeResult: true });
    scene.sent = [];
    const consistent: unknown[] = [];
    scene.before = ({ input }) =>
      consistent.push((input as object as Record<string, unknown>)['ConsistentRead']);
    expect(await scene.open().getDone('ann', 'mail')).toEqual({ at: startMs, result: { id: 7 } });
    await scene.open().getDone('ann', 'mail', { consistent: true });
    expect(scene.sent).toEqual(['GetItem', 'GetItem']);
    expect(consistent).toEqual([false, true]);
  });

  test('finds nothing where there is nothing, a claim, or an expired mark', async () => {
    expect(await scene.open().getDone('ann', 'mail')).toBeUndefined();
    await scene.die();
    expect(await scene.open().getDone('ann', 'mail')).toBeUndefined();
    await scene.open().markDone('ann', 'mail', { ttlSeconds: 1 });
    expect(await scene.open().getDone('ann', 'mail')).toEqual({ at: startMs, result: undefined });
    await scene.clock.advance(1_000);
    expect(await scene.open().getDone('ann', 'mail')).toBeUndefined();
  });

  test('reads with the codec of the manager, and says where it cannot', async () => {
    const storeResult = { encode: () => S('in'), decode: () => 'out' };
    await scene.open({ storeResult }).doOnce('ann', 'mail', () => 1);
    expect(await scene.open({ storeResult }).getDone('ann', 'mail')).toMatchObject({
      result: 'out',
    });
    await expect(scene.open().getDone('ann', 'mail')).rejects.toBeInstanceOf(UnreadableRowError);
  });
});
