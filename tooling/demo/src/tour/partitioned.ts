import {
  check,
  ifAbsent,
  ifExists,
  PartitionedKeyValueTable,
  put,
  transactionCanceled,
  type CompoundKey,
} from '@x/dynamo-partitioned';

import { step, type Step } from '../step.js';

const key = <V>(namespace: string, sort: string): CompoundKey<string, V> => ({
  partition: 'user-123',
  namespace,
  sort,
});

export const partitioned: Step = step(
  'Values and sets by partition: @x/dynamo-partitioned',
  'Keeps what belongs to a user or an account together, and its sets whole.',
  async (show) => {
    const table = new PartitionedKeyValueTable({ dynamo: show.dynamo });
    const theme = key<{ theme: string }>('settings', 'theme');
    const tags = key<string[]>('profile', 'tags');

    await show(() => table.set(theme, { theme: 'dark' }));
    await show(() => table.addToSet(tags, ['javascript', 'typescript']));
    await show.row('paradox.dev.partitioned_keys', {
      partitionKey: { S: 'user-123' },
      sortKey: { S: 'profile.tags' },
    });
    await show(() => table.updateInSet(tags, 'ts-pro', (tag) => tag === 'typescript'));
    show.note('What is there already is not written again:');
    await show(() => table.addToSet(tags, 'javascript'));

    show.note('Ten clients at one set lose no element:');
    const clients = Array.from(
      { length: 10 },
      () => new PartitionedKeyValueTable({ dynamo: show.dynamo }),
    );
    await Promise.all(clients.map((client, i) => client.addToSet(tags, `from client ${i}`)));
    await show(async () => (await table.get(tags, { consistent: true }))?.length);

    show.note('A partition is listed by namespace, by prefix, by range, from either end:');
    const newest = { namespace: 'profile', reverse: true, limit: 1 };
    await show(async () => (await table.entries<string[]>('user-123', newest).next()).value?.key);

    show.note('A transaction is applied whole or not at all, and says which key stopped it:');
    const writes = [
      put(key<string>('account', 'plan'), 'pro'),
      check(theme, ifExists),
      put(tags, [], { only: ifAbsent }),
    ];
    const error = await show.refused(() => table.transact(writes));
    await show(() => transactionCanceled(error, writes)?.refusals.map(({ why }) => why));

    show.note('Clearing reads keys alone and deletes 25 rows a request:');
    await show(() => table.clear('user-123'));
  },
);
