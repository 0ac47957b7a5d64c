import {
  check,
  ifExists,
  PartitionedKeyValueTable,
  put,
  transactionCanceled,
  type CompoundKey,
} from '@x/dynamo-partitioned';

import type { Scene } from '../scene.js';

const key = <V>(namespace: string, sort: string): CompoundKey<string, V> => ({
  partition: 'user-123',
  namespace,
  sort,
});

export const scene: Scene = {
  title: 'Values and sets by partition: @x/dynamo-partitioned',
  why: 'Keeps what belongs to a user or an account together, and its sets whole.',
  place: 2,
  run: async (show) => {
    const common = { tableName: 'partitioned', dynamo: show.dynamo };
    const table = new PartitionedKeyValueTable(common);
    const tags = key<string[]>('profile', 'tags');

    await show(() => table.addToSet(tags, ['javascript', 'typescript']));
    const sortKey = { S: 'profile.tags' };
    await show.row('partitioned', { partitionKey: { S: 'user-123' }, sortKey });
    show.note('Ten clients at one set lose no element; who was overtaken computes again:');
    const clients = Array.from({ length: 10 }, () => new PartitionedKeyValueTable(common));
    await show(async () => {
      await Promise.all(clients.map((client, i) => client.addToSet(tags, `client ${i}`)));
      return (await table.get(tags, { consistent: true }))?.length;
    });
    show.note('A transaction is applied whole or not at all, and says which key stopped it:');
    const plan = put(key<string>('account', 'plan'), 'pro');
    const writes = [plan, check(key('settings', 'theme'), ifExists)];
    await show(async () => {
      const error: unknown = await table.transact(writes).catch((reason: unknown) => reason);
      return transactionCanceled(error, writes)?.refusals.map(({ key, why }) => [key.sort, why]);
    });
    show.note('Clearing reads keys alone and deletes 25 rows a request:');
    await show(() => table.clear('user-123'));
  },
};
