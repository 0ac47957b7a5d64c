import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { keysTable, partitionedKeysTable, type TableDefinition } from '@x/dynamo-core';
import { memoryClient, MemoryDynamo } from '@x/dynamo-testing';

import { KeyValueCounter } from './key-value-counter.js';
import { KeyValueTable } from './key-value-table.js';
import { PartitionedKeys, PartitionedKeyValueCounter } from './partitioned-counter.js';
import { PartitionedKeyValueTable } from './partitioned-key-value-table.js';

/** A `KeyValueTable` with rows of its own in memory. */
export class InMemoryKvTable extends KeyValueTable {
  constructor() {
    super(inMemory(keysTable));
  }
}

/** A `PartitionedKeyValueTable` with rows of its own in memory. */
export class InMemoryPartitionedKvTable extends PartitionedKeyValueTable {
  constructor() {
    super(inMemory(partitionedKeysTable));
  }
}

/** A `PartitionedKeyValueCounter` with rows of its own in memory. */
export class InMemoryPartitionedKeyCountTable extends PartitionedKeyValueCounter {
  constructor() {
    super(inMemory(partitionedKeysTable));
  }
}

/** A `PartitionedKeys` with rows of its own in memory. */
export class InMemoryPartitionedKeys extends PartitionedKeys {
  constructor() {
    super(new InMemoryPartitionedKvTable(), new InMemoryPartitionedKeyCountTable());
  }
}

/** A `KeyValueCounter` with rows of its own in memory. */
export class InMemoryKeyCountTable extends KeyValueCounter {
  constructor() {
    super({ ...inMemory(keysTable), namespace: 'in-memory' });
  }
}

/** The name fits into every environment that `PARADOX_ENV` may name. */
function inMemory(definition: TableDefinition): { dynamo: DynamoDBClient; tableName: string } {
  const memory = new MemoryDynamo();
  const tableName = `memory.${process.env['PARADOX_ENV'] ?? 'local'}.${definition.name}`;
  memory.createTable(definition, tableName);
  return { dynamo: memoryClient(memory), tableName };
}
