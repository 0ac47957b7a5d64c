import {
  checkKeyText,
  InvalidInputError,
  keyBytesMax,
  rowsOf,
  type PartitionedRows,
  type PartitionedRowsOptions,
  type PartitionedTable,
} from '@x/dynamo-core';

import { attributes } from './record.js';
import type { DoOnceRow } from './requests.js';

/** A row and what it is called in messages. */
export interface LabelledRow extends DoOnceRow {
  readonly label: string;
}

/** The rows of a table that was passed, or of one that is opened with the options. */
export function tableRows(table: PartitionedTable | PartitionedRowsOptions): PartitionedRows {
  const rows = rowsOf(table, Object.values(attributes));
  const { sortKeyFieldAWSType } = rows.mappings;
  if (sortKeyFieldAWSType !== 'S') {
    const allowed = "'S': the sort key holds the name of the action";
    throw new InvalidInputError('mappings.sortKeyFieldAWSType', sortKeyFieldAWSType, allowed);
  }
  return rows;
}

/** Where the original keeps what is done: the sort key is `users.do_once.<key>`. */
const namespace = 'users';
const prefix = 'do_once.';

/** Checks the names and says where the row of the action is. */
export function locate(rows: PartitionedRows, userId: string, key: string): LabelledRow {
  checkKeyText('userId', userId, keyBytesMax.partition);
  checkKeyText('key', key, keyBytesMax.sort - `${namespace}.${prefix}`.length);
  const compound = { partition: userId, namespace, sort: `${prefix}${key}` };
  const { tableName, mappings } = rows;
  return { ...rows.address(compound), tableName, dataName: mappings.dataFieldName };
}
