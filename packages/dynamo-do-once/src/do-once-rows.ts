import {
  checkKeyText,
  InvalidInputError,
  keyBytesMax,
  partitionedRows,
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
  if (typeof table !== 'object' || table === null) {
    throw new InvalidInputError('table', table, 'a PartitionedKeyValueTable or options');
  }
  const rows = 'rows' in table ? table.rows : partitionedRows(table);
  const { sortKeyFieldAWSType, partitionKeyFieldName, sortKeyFieldName, dataFieldName } =
    rows.mappings;
  if (sortKeyFieldAWSType !== 'S') {
    const allowed = "'S': the sort key holds the name of the action";
    throw new InvalidInputError('mappings.sortKeyFieldAWSType', sortKeyFieldAWSType, allowed);
  }
  const own: readonly string[] = Object.values(attributes);
  for (const name of [partitionKeyFieldName, sortKeyFieldName, dataFieldName]) {
    if (own.includes(name)) {
      throw new InvalidInputError('mappings', name, `no attribute of ours (${own.join(', ')})`);
    }
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
