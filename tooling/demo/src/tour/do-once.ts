import { DoOnceManager } from '@x/dynamo-do-once';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';

import { step, type Step } from '../step.js';

export const doOnce: Step = step(
  'Do once: @x/dynamo-do-once',
  'Runs an action of a user once, however many callers there are and whatever dies in between.',
  async (show) => {
    const table = new PartitionedKeyValueTable({ dynamo: show.dynamo });
    const manager = new DoOnceManager(table, { storeResult: true });

    await show(() => manager.doOnce('user-123', 'welcome-email', async () => ({ sent: true })));
    const sortKey = { S: 'users.do_once.welcome-email' };
    await show.row('paradox.dev.partitioned_keys', { partitionKey: { S: 'user-123' }, sortKey });

    show.note('Later callers do not act. One request tells them when it was done, and the result:');
    await show(() => manager.doOnce('user-123', 'welcome-email', async () => ({ sent: true })));

    show.note('Of two processes that come at once one acts; the other waits for it:');
    const other = new DoOnceManager(table, { storeResult: true });
    const act = async (): Promise<string> => 'charged once';
    await show(() =>
      Promise.all([
        manager.doOnce('user-123', 'charge', act),
        other.doOnce('user-123', 'charge', act),
      ]),
    );

    show.note('The same key with another payload is another order by mistake:');
    await manager.doOnce('user-123', 'order-7', act, { payload: { sku: 'book' } });
    await show.refused(() =>
      manager.doOnce('user-123', 'order-7', act, { payload: { sku: 'pen' } }),
    );

    show.note('An action that fails gives its claim back, so that the next caller may act:');
    await show.refused(() =>
      manager.doOnce('user-123', 'report', () => Promise.reject(new Error('no paper'))),
    );
    await show(() => manager.haveAlreadyDone('user-123', 'report'));

    show.note('Writes to DynamoDB and the mark together are exactly once, whatever dies:');
    const Item = { partitionKey: 'user-123', sortKey: 'balances.bonus', data: '10' };
    const put = { Put: { TableName: 'paradox.dev.partitioned_keys', Item } };
    await show(() => manager.transact('user-123', 'bonus', [put]));
    await show(() => manager.transact('user-123', 'bonus', [put]));
  },
);
