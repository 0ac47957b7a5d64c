import {
  InvalidInputError,
  type Item,
  type PartitionedTable,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  checkKeyText,
  digestOf,
  keyBytesMax,
  rowsOf,
  utf8Bytes,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import { names } from './option-names.js';
import type { DoOnceTableOptions } from './options.js';
import { attributes, earlierOwners } from './record.js';
import type { DoOnceRow } from './requests.js';

/** A row and what it is called in messages. */
export interface LabelledRow extends DoOnceRow {
  readonly label: string;
}

/** The rows of a table that was passed, or of one that is opened with the options. */
export function tableRows(table: PartitionedTable | DoOnceTableOptions): PartitionedHandle {
  const own = [...Object.values(attributes), ...earlierOwners];
  const rows = rowsOf<DoOnceTableOptions>(table, own, names.table);
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
const prefixes = { mark: 'do_once', claim: 'do_once_claim' } as const;

/**
 * Checks the names and says where the row of the action, or that of its claim, is. A hash has a prefix of its own, so that
 * no key is that of another.
 */
export function locate(
  rows: PartitionedHandle,
  userId: string,
  key: string,
  kind: keyof typeof prefixes,
  hashLongKeys: boolean,
): LabelledRow {
  const keyBytes = keyBytesMax.sort - `${namespace}.${prefixes[kind]}.`.length;
  checkKeyText('userId', userId, keyBytesMax.partition);
  checkKeyText('key', key, hashLongKeys ? Infinity : keyBytes);
  const isHashed = utf8Bytes(key) > keyBytes;
  const prefix = `${prefixes[kind]}${isHashed ? '_hash.' : '.'}`;
  const compound = {
    partition: userId,
    namespace,
    sort: prefix + (isHashed ? digestOf(key) : key),
  };
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
