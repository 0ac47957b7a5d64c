import type * as sdk from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import { readUnits, reportCapacities, type Usage } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkTableName, Constraints, itemConstraints } from '../constraints.js';
import { validationError } from '../service-errors.js';
import { checkKey } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { rowId } from '../store/row-id.js';
import type { Table } from '../store/table.js';
import { acceptItem } from '../values/accept-value.js';
import { readProjection, type View } from './read-projection.js';

const keysMax = 100;
const responseBytesMax = 16 * 1024 * 1024;

interface TableReads {
  readonly table: Table;
  readonly keys: readonly Item[];
  readonly view: View;
  readonly request: sdk.KeysAndAttributes;
}

export function batchGetItem(
  database: Database,
  input: sdk.BatchGetItemCommandInput,
): Omit<sdk.BatchGetItemCommandOutput, '$metadata'> {
  checkFields('BatchGetItem', input, ['RequestItems', 'ReturnConsumedCapacity']);
  itemConstraints(input).check();
  const responses: [table: string, items: Item[]][] = [];
  const left: [table: string, request: sdk.KeysAndAttributes][] = [];
  const usages: Usage[] = [];
  let bytes = 0;
  for (const { table, keys, view, request } of readRequests(database, input)) {
    const items: Item[] = [];
    responses.push([table.name, items]);
    const unprocessed: Item[] = [];
    for (const key of keys) {
      const row = table.find(key);
      if (bytes + (row?.bytes ?? 0) > responseBytesMax) {
        unprocessed.push(key);
        continue;
      }
      bytes += row?.bytes ?? 0;
      const units = readUnits(row?.bytes ?? 0, request.ConsistentRead === true);
      usages.push({ tableName: table.name, units, indexes: [] });
      if (row) items.push(view(row.item));
    }
    if (unprocessed.length > 0) left.push([table.name, { ...request, Keys: unprocessed }]);
  }
  return {
    Responses: Object.fromEntries(responses),
    UnprocessedKeys: Object.fromEntries(left),
    ...reportCapacities(input.ReturnConsumedCapacity, usages),
  };
}

function readRequests(
  database: Database,
  { RequestItems: requests = {} }: sdk.BatchGetItemCommandInput,
): TableReads[] {
  const entries = Object.entries(requests);
  if (entries.length === 0) {
    throw validationError('The requestItems parameter is required for BatchGetItem');
  }
  for (const [name, request] of entries) checkRequest(name, request);
  if (entries.reduce((count, [, { Keys: keys }]) => count + (keys?.length ?? 0), 0) > keysMax) {
    throw validationError('Too many items requested for the BatchGetItem call');
  }
  const checked = entries.map(([name, request]) => ({
    name,
    request,
    keys: (request.Keys ?? []).map((key) => acceptItem(key, 'Key')),
    view: readProjection(database, request).view,
  }));
  return checked.map(({ name, keys, view, request }) => {
    const table = database.table(name);
    const ids = new Set(keys.map((key) => rowId(table, checkKey(table, key))));
    if (ids.size < keys.length) {
      throw validationError('Provided list of item keys contains duplicates');
    }
    return { table, keys, view, request };
  });
}

function checkRequest(name: string, request: sdk.KeysAndAttributes): void {
  checkTableName(name);
  checkFields('BatchGetItem.RequestItems', request, [
    'Keys',
    'ConsistentRead',
    'ProjectionExpression',
    'ExpressionAttributeNames',
  ]);
  const count = request.Keys?.length ?? 1;
  // DynamoDB writes the two paths in different ways.
  const broken = 'failed to satisfy constraint: Member must have length';
  const [low, high] = [`requestItems.${name}.member.keys`, `RequestItems.${name}.member.Keys`];
  new Constraints()
    .present(request.Keys, low)
    .rule(count >= 1, `Value at '${low}' ${broken} greater than or equal to 1`)
    .rule(count <= keysMax, `Value at '${high}' ${broken} less than or equal to ${keysMax}`)
    .check();
}
