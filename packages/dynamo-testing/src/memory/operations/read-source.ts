import type { QueryCommandInput, ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item, KeyAttribute } from '@x/dynamo-core';

import { readUnits, type Usage } from '../capacity.js';
import { validationError } from '../service-errors.js';
import { hasExactly, keyAttributes } from '../store/check-key.js';
import type { Row, Rows } from '../store/rows.js';
import type { TableIndex } from '../store/table-index.js';
import type { Table } from '../store/table.js';
import { copyItem } from '../values/copy-value.js';
import { keyOf, pickAttributes } from './key-of.js';
import { readPage, type Page } from './page.js';
import type { ReadMany } from './read-many.js';

type Input = QueryCommandInput | ScanCommandInput;

/** What a query or a scan reads: a table, or one of its indexes. */
export interface ReadSource {
  readonly table: Table;
  readonly index: TableIndex | undefined;
  readonly rows: Rows;
}

/** Finds the source of a read and checks what it asks of it. */
export function readSource(table: Table, input: Input): ReadSource {
  if (input.IndexName === undefined) return { table, index: undefined, rows: table.rows };
  const index = table.indexes.get(input.IndexName);
  if (!index) {
    throw validationError(`The table does not have the specified index: ${input.IndexName}`);
  }
  if (index.definition.kind === 'global' && input.ConsistentRead === true) {
    throw validationError('Consistent reads are not supported on global secondary indexes');
  }
  return { table, index, rows: index.rows };
}

/**
 * A global index gives only what it projects; a query filters only by that, a scan of a local index
 * by what the table holds, too.
 */
export function checkProjected(
  { index }: ReadSource,
  input: Input,
  read: ReadMany,
  operation: 'query' | 'scan',
): void {
  if (!index) return;
  const { name, kind } = index.definition;
  const isGlobal = kind === 'global';
  const isWhole = index.definition.projection.ProjectionType === 'ALL';
  if (isGlobal && input.Select === 'ALL_ATTRIBUTES' && !isWhole) {
    throw validationError(
      'One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported ' +
        `for global secondary index ${name} because its projection type is not ALL`,
    );
  }
  const missing = (names: readonly string[] = []): string[] =>
    names.filter((each) => !index.projects(each));
  const [projected, filtered] = [missing(read.projected), missing(read.filtered)];
  if (isGlobal && projected.length > 0) {
    throw validationError(
      'One or more parameter values were invalid: ' +
        `Global secondary index ${name} does not project [${projected.join(', ')}]`,
    );
  }
  if ((isGlobal || operation === 'query') && filtered.length > 0) {
    throw validationError(
      `One or more parameter values were invalid: Secondary index ${name} ` +
        `does not project one or more filter attributes: [${filtered.join(', ')}]`,
    );
  }
}

/** Where to go on: the key of the table and, in an index, its own. */
export function checkStartKey({ table, index }: ReadSource, key: Item, isScan = false): Item {
  const attributes: KeyAttribute[] = [...keyAttributes(table)];
  for (const attribute of index ? keyAttributes(index) : []) {
    if (!attributes.some(({ name }) => name === attribute.name)) attributes.push(attribute);
  }
  if (hasExactly(key, attributes)) return key;
  // A query compares only a key of the right size with the schema.
  const isCompared = isScan || Object.keys(key).length === attributes.length;
  const isOfTable = index === undefined && isCompared;
  throw validationError(
    `The provided starting key is invalid${
      isOfTable ? ': The provided key element does not match the schema' : ''
    }`,
  );
}

/** One page of these rows, and the units that it used. */
export function readRows(
  { table, index }: ReadSource,
  rows: Iterable<Row>,
  input: Input,
  read: ReadMany,
): { readonly page: Page; readonly usage: Usage } {
  const isConsistent = input.ConsistentRead === true;
  let tableUnits = 0;
  const fetch = (item: Item): Item => {
    const row = table.find(keyOf(table, item)) as Row;
    tableUnits += readUnits(row.bytes, isConsistent);
    return row.item;
  };
  const isWholeShown = input.Select === 'ALL_ATTRIBUTES' || read.projected !== undefined;
  const { page, bytes } = readPage(rows, read, {
    keyOf: (item) => copyItem(index ? pickAttributes(item, index.keyNames) : keyOf(table, item)),
    complete: index && needsTable(index, input, read) ? fetch : (item) => item,
    isWholeShown,
  });
  const units = readUnits(bytes, isConsistent);
  const usage = index
    ? { tableName: table.name, units: tableUnits, indexes: [{ index, units }] }
    : { tableName: table.name, units, indexes: [] };
  return { page, usage };
}

/** A local index fetches what it does not project from its table. */
function needsTable(index: TableIndex, { Select: select }: Input, read: ReadMany): boolean {
  if (index.definition.projection.ProjectionType === 'ALL') return false;
  const names = [...(read.projected ?? []), ...read.filtered];
  return select === 'ALL_ATTRIBUTES' || names.some((name) => !index.projects(name));
}
