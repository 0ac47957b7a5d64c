import {
  InvalidInputError,
  type Item,
  type PartitionedTable,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  checkKeyText,
  keyBytesMax,
  rowsOf,
  type PartitionedHandle,
  type PartitionedRowsOptions,
} from '@x/dynamo-core/mechanism';

import { attributes, earlierOwners } from './record.js';
import type { DoOnceRow } from './requests.js';

/** A row and what it is called in messages. */
export interface LabelledRow extends DoOnceRow {
  readonly label: string;
}

/** The rows of a table that was passed, or of one that is opened with the options. */
export function tableRows(table: PartitionedTable | PartitionedRowsOptions): PartitionedHandle {
  const rows = rowsOf(table, [...Object.values(attributes), ...earlierOwners]);
  const { sortKeyFieldAWSType } = rows.mappings;
  if (sortKeyFieldAWSType !== 'S') {
    const allowed = "'S': the sort key holds the name of the action";
    throw new InvalidInputError('mappings.sortKeyFieldAWSType', sortKeyFieldAWSType, allowed);
  }
  return rows;
}

/** Where the original keeps what is done: the sort key is `users.do_once.<key>`. */
const namespace = 'users';
/** What stands before the key of an action, and of its claim where that has a row of its own. */
const prefixes = { mark: 'do_once.', claim: 'do_once_claim.' } as const;

/** Checks the names and says where the row of the action, or that of its claim, is. */
export function locate(
  rows: PartitionedHandle,
  userId: string,
  key: string,
  kind: keyof typeof prefixes = 'mark',
): LabelledRow {
  const prefix = prefixes[kind];
  checkKeyText('userId', userId, keyBytesMax.partition);
  checkKeyText('key', key, keyBytesMax.sort - `${namespace}.${prefix}`.length);
  const compound = { partition: userId, namespace, sort: `${prefix}${key}` };
  const { tableName, mappings } = rows;
  return { ...rows.address(compound), tableName, dataName: mappings.dataFieldName };
}

/** The row as it is now. */
export async function readRow(
  { transport }: PartitionedHandle,
  { tableName, key }: LabelledRow,
  { consistent = true, signal }: ReadOptions = {},
): Promise<Item | undefined> {
  const input = { TableName: tableName, Key: key, ConsistentRead: consistent };
  return (await transport.call('GetItem', input, { signal })).Item;
}
