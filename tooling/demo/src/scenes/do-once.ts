import { DoOnceManager } from '@x/dynamo-do-once';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Do once: @x/dynamo-do-once',
  why: 'Runs an action of a user once, however many callers there are and whichever of them dies.',
  place: 5,
  run: async (show) => {
    const table = new PartitionedKeyValueTable({ tableName: 'partitioned', dynamo: show.dynamo });
    const manager = new DoOnceManager(table, { storeResult: true });
    const send = async (): Promise<string> => 'sent';

    await show(() => manager.doOnce('user-123', 'welcome', send));
    const sortKey = { S: 'users.do_once.welcome' };
    await show.row('partitioned', { partitionKey: { S: 'user-123' }, sortKey });
    show.note('Later callers do not act; one request tells them the result:');
    await show(() => manager.doOnce('user-123', 'welcome', send));
    show.note('The same key with another payload is another order by mistake:');
    await manager.doOnce('user-123', 'order-7', send, { payload: { sku: 'book' } });
    const pen = { payload: { sku: 'pen' } };
    await show.refused(() => manager.doOnce('user-123', 'order-7', send, pen));
    show.note('An action that fails gives its claim back:');
    const fail = (): Promise<string> => Promise.reject(new Error('no paper'));
    await show.refused(() => manager.doOnce('user-123', 'report', fail));
    await show(() => manager.haveAlreadyDone('user-123', 'report'));
    show.note('One that is final is stored: nobody charges the declined card again:');
    const decline = (): Promise<string> => Promise.reject(new Error('declined'));
    const final = { storeError: () => true };
    await manager.doOnce('user-123', 'charge', decline, final).catch(() => undefined);
    await show.refused(() => manager.doOnce('user-123', 'charge', send, final));
  },
};
