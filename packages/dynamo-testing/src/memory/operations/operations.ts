import type * as sdk from '@aws-sdk/client-dynamodb';

import type { Database } from '../store/database.js';
import { batchGetItem } from './batch-get-item.js';
import { batchWriteItem } from './batch-write-item.js';
import { getItem } from './get-item.js';
import { query } from './query.js';
import { scan } from './scan.js';
import { deleteItem, putItem, updateItem } from './single-writes.js';
import { createTable, deleteTable, describeTable, listTables } from './tables.js';
import { describeTimeToLive, updateTimeToLive } from './time-to-live.js';
import { transactGetItems } from './transact-get-items.js';
import { transactWriteItems } from './transact-write-items.js';

/** The operations that `MemoryDynamo` emulates: what goes in and what comes back. */
export interface MemoryOperations {
  BatchGetItem: [sdk.BatchGetItemCommandInput, sdk.BatchGetItemCommandOutput];
  BatchWriteItem: [sdk.BatchWriteItemCommandInput, sdk.BatchWriteItemCommandOutput];
  CreateTable: [sdk.CreateTableCommandInput, sdk.CreateTableCommandOutput];
  DeleteItem: [sdk.DeleteItemCommandInput, sdk.DeleteItemCommandOutput];
  DeleteTable: [sdk.DeleteTableCommandInput, sdk.DeleteTableCommandOutput];
  DescribeTable: [sdk.DescribeTableCommandInput, sdk.DescribeTableCommandOutput];
  DescribeTimeToLive: [sdk.DescribeTimeToLiveCommandInput, sdk.DescribeTimeToLiveCommandOutput];
  GetItem: [sdk.GetItemCommandInput, sdk.GetItemCommandOutput];
  ListTables: [sdk.ListTablesCommandInput, sdk.ListTablesCommandOutput];
  PutItem: [sdk.PutItemCommandInput, sdk.PutItemCommandOutput];
  Query: [sdk.QueryCommandInput, sdk.QueryCommandOutput];
  Scan: [sdk.ScanCommandInput, sdk.ScanCommandOutput];
  TransactGetItems: [sdk.TransactGetItemsCommandInput, sdk.TransactGetItemsCommandOutput];
  TransactWriteItems: [sdk.TransactWriteItemsCommandInput, sdk.TransactWriteItemsCommandOutput];
  UpdateItem: [sdk.UpdateItemCommandInput, sdk.UpdateItemCommandOutput];
  UpdateTimeToLive: [sdk.UpdateTimeToLiveCommandInput, sdk.UpdateTimeToLiveCommandOutput];
}

export type MemoryOperation = keyof MemoryOperations;
export type MemoryInput<O extends MemoryOperation> = MemoryOperations[O][0];
export type MemoryOutput<O extends MemoryOperation> = Omit<MemoryOperations[O][1], '$metadata'>;

type Handlers = {
  readonly [O in MemoryOperation]: (database: Database, input: MemoryInput<O>) => MemoryOutput<O>;
};

/** What carries out each operation. */
export const operations: Handlers = {
  BatchGetItem: batchGetItem,
  BatchWriteItem: batchWriteItem,
  CreateTable: createTable,
  DeleteItem: deleteItem,
  DeleteTable: deleteTable,
  DescribeTable: describeTable,
  DescribeTimeToLive: describeTimeToLive,
  GetItem: getItem,
  ListTables: listTables,
  PutItem: putItem,
  Query: query,
  Scan: scan,
  TransactGetItems: transactGetItems,
  TransactWriteItems: transactWriteItems,
  UpdateItem: updateItem,
  UpdateTimeToLive: updateTimeToLive,
};

/** Whether `MemoryDynamo` emulates an operation of this name. */
export function isMemoryOperation(name: string): name is MemoryOperation {
  return Object.hasOwn(operations, name);
}
