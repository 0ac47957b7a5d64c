import type * as sdk from '@aws-sdk/client-dynamodb';

import type { Database } from '../store/database.js';
import { describeEndpoints, describeLimits } from './account.js';
import { batchGetItem } from './batch-get-item.js';
import { batchWriteItem } from './batch-write-item.js';
import { createTable } from './create-table.js';
import { getItem } from './get-item.js';
import { query } from './query.js';
import { scan } from './scan.js';
import { deleteItem, putItem, updateItem } from './single-writes.js';
import { deleteTable, describeTable, listTables } from './tables.js';
import { listTagsOfResource, tagResource, untagResource } from './tags.js';
import { describeTimeToLive, updateTimeToLive } from './time-to-live.js';
import { transactGetItems } from './transact-get-items.js';
import { transactWriteItems } from './transact-write-items.js';
import { updateTable } from './update-table.js';

/** The operations that `MemoryDynamo` emulates: what goes in and what comes back. */
interface MemoryOperations {
  BatchGetItem: [sdk.BatchGetItemCommandInput, sdk.BatchGetItemCommandOutput];
  BatchWriteItem: [sdk.BatchWriteItemCommandInput, sdk.BatchWriteItemCommandOutput];
  CreateTable: [sdk.CreateTableCommandInput, sdk.CreateTableCommandOutput];
  DeleteItem: [sdk.DeleteItemCommandInput, sdk.DeleteItemCommandOutput];
  DeleteTable: [sdk.DeleteTableCommandInput, sdk.DeleteTableCommandOutput];
  DescribeEndpoints: [sdk.DescribeEndpointsCommandInput, sdk.DescribeEndpointsCommandOutput];
  DescribeLimits: [sdk.DescribeLimitsCommandInput, sdk.DescribeLimitsCommandOutput];
  DescribeTable: [sdk.DescribeTableCommandInput, sdk.DescribeTableCommandOutput];
  DescribeTimeToLive: [sdk.DescribeTimeToLiveCommandInput, sdk.DescribeTimeToLiveCommandOutput];
  GetItem: [sdk.GetItemCommandInput, sdk.GetItemCommandOutput];
  ListTables: [sdk.ListTablesCommandInput, sdk.ListTablesCommandOutput];
  ListTagsOfResource: [sdk.ListTagsOfResourceCommandInput, sdk.ListTagsOfResourceCommandOutput];
  PutItem: [sdk.PutItemCommandInput, sdk.PutItemCommandOutput];
  Query: [sdk.QueryCommandInput, sdk.QueryCommandOutput];
  Scan: [sdk.ScanCommandInput, sdk.ScanCommandOutput];
  TagResource: [sdk.TagResourceCommandInput, sdk.TagResourceCommandOutput];
  TransactGetItems: [sdk.TransactGetItemsCommandInput, sdk.TransactGetItemsCommandOutput];
  TransactWriteItems: [sdk.TransactWriteItemsCommandInput, sdk.TransactWriteItemsCommandOutput];
  UntagResource: [sdk.UntagResourceCommandInput, sdk.UntagResourceCommandOutput];
  UpdateItem: [sdk.UpdateItemCommandInput, sdk.UpdateItemCommandOutput];
  UpdateTable: [sdk.UpdateTableCommandInput, sdk.UpdateTableCommandOutput];
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
  DescribeEndpoints: describeEndpoints,
  DescribeLimits: describeLimits,
  DescribeTable: describeTable,
  DescribeTimeToLive: describeTimeToLive,
  GetItem: getItem,
  ListTables: listTables,
  ListTagsOfResource: listTagsOfResource,
  PutItem: putItem,
  Query: query,
  Scan: scan,
  TagResource: tagResource,
  TransactGetItems: transactGetItems,
  TransactWriteItems: transactWriteItems,
  UntagResource: untagResource,
  UpdateItem: updateItem,
  UpdateTable: updateTable,
  UpdateTimeToLive: updateTimeToLive,
};

/** Whether `MemoryDynamo` emulates an operation of this name. */
export function isMemoryOperation(name: string): name is MemoryOperation {
  return Object.hasOwn(operations, name);
}
