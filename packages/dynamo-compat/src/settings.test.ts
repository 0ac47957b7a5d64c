import { expect, test } from 'vitest';

import { DoOnceManager, DynamoLock, PartitionedKeyValueTable } from './index.js';

const tableName = 'rows';

test.each([{}, 5, null])('a timeProvider that is none is refused by name: %j', (none) => {
  const timeProvider = none as never;
  const refused = expect.objectContaining({ field: 'timeProvider' });
  expect(() => new DynamoLock({ tableName, timeProvider })).toThrow(refused);
  const table = new PartitionedKeyValueTable({ tableName });
  expect(() => new DoOnceManager(table, timeProvider)).toThrow(refused);
});
