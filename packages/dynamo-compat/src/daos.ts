import { keysTable, partitionedKeysTable, type DynamoDao, type KeyAttribute } from '@x/dynamo-core';
import { locksTable } from '@x/dynamo-lock';

import type { SortKey } from './types.js';

/**
 * The rows of locks. The class is the definition of their table, for `createTable`: without Time to Live,
 * which would purge what the original holds in a row that ours left.
 */
export class DynamoLockEntryDao implements DynamoDao {
  static readonly name: string = locksTable.name;
  static readonly partitionKey: KeyAttribute = locksTable.partitionKey;
  key!: string;
  expiresAt!: number;
}

/** The rows of values. The class is the definition of their table, for `createTable`. */
export class KeyValueTableDao implements DynamoDao {
  static readonly name: string = keysTable.name;
  static readonly partitionKey: KeyAttribute = keysTable.partitionKey;
  static readonly ttlAttribute: string | undefined = keysTable.ttlAttribute;
  key!: string;
  data!: string;
}

/** The rows of counters. The class is the definition of their table, for `createTable`. */
export class KeyValueCountTableDao implements DynamoDao {
  static readonly name: string = keysTable.name;
  static readonly partitionKey: KeyAttribute = keysTable.partitionKey;
  static readonly ttlAttribute: string | undefined = keysTable.ttlAttribute;
  key!: string;
  count!: number;
}

/** The rows of partitioned values. The class is the definition of their table, for `createTable`. */
export class PartitionedKeyValueTableDao<P extends string = string> implements DynamoDao {
  static readonly name: string = partitionedKeysTable.name;
  static readonly partitionKey: KeyAttribute = partitionedKeysTable.partitionKey;
  static readonly sortKey: KeyAttribute | undefined = partitionedKeysTable.sortKey;
  static readonly ttlAttribute: string | undefined = partitionedKeysTable.ttlAttribute;
  partitionKey!: P;
  sortKey!: SortKey;
  data!: string;
  md5?: string;
}

/** The rows of partitioned counters. The class is the definition of their table, for `createTable`. */
export class PartitionedKeyCounterTableDao<P extends string = string> implements DynamoDao {
  static readonly name: string = partitionedKeysTable.name;
  static readonly partitionKey: KeyAttribute = partitionedKeysTable.partitionKey;
  static readonly sortKey: KeyAttribute | undefined = partitionedKeysTable.sortKey;
  static readonly ttlAttribute: string | undefined = partitionedKeysTable.ttlAttribute;
  partitionKey!: P;
  sortKey!: SortKey;
  count?: number;
}
