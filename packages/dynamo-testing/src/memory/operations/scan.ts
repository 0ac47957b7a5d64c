import type * as sdk from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import { readUnits, reportCapacity } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { validationError } from '../service-errors.js';
import { checkKey } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { hashOf, inScanOrder, type Row, type Table } from '../store/table.js';
import { readPage } from './page.js';
import { readMany, readManyFields } from './read-many.js';

const segmentsMax = 1_000_000;
const hashes = 2 ** 32;

export function scan(
  database: Database,
  input: sdk.ScanCommandInput,
): Omit<sdk.ScanCommandOutput, '$metadata'> {
  checkFields('Scan', input, [...readManyFields, 'Segment', 'TotalSegments']);
  const isInSegment = readSegment(input);
  const read = readMany(database, input);
  const table = database.table(input.TableName);
  const startKey = read.startKey && checkKey(table, read.startKey);
  if (startKey && !isInSegment(hashOf(table.partitionId(startKey)))) {
    throw validationError(
      'The provided starting key is invalid: Invalid ExclusiveStartKey. ' +
        'Please use ExclusiveStartKey with correct Segment.',
    );
  }
  const { page, bytes } = readPage(table, rowsAfter(table, startKey, isInSegment), read);
  const units = readUnits(bytes, input.ConsistentRead === true);
  return { ...page, ...reportCapacity(input.ReturnConsumedCapacity, table.name, units) };
}

/** Each segment of a parallel scan has its own part of the hashes. */
function readSegment({
  Segment: segment,
  TotalSegments: total,
}: sdk.ScanCommandInput): (hash: number) => boolean {
  if (segment === undefined && total === undefined) return () => true;
  if (segment === undefined || total === undefined) {
    throw validationError(
      'The Segment and TotalSegments parameters must both be present in a parallel scan',
    );
  }
  const isValid =
    Number.isInteger(total) && total >= 1 && total <= segmentsMax && Number.isInteger(segment);
  if (!isValid || segment < 0 || segment >= total) {
    throw validationError(
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: ' +
        `Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
  }
  return (hash) => Math.floor((hash / hashes) * total) === segment;
}

function* rowsAfter(
  table: Table,
  startKey: Item | undefined,
  isInSegment: (hash: number) => boolean,
): Iterable<Row> {
  const startId = startKey && table.partitionId(startKey);
  const start = startId === undefined ? undefined : { id: startId, hash: hashOf(startId) };
  for (const partition of table.partitions()) {
    if (!isInSegment(partition.hash)) continue;
    const order = start ? inScanOrder(partition, start) : 1;
    if (order < 0) continue;
    if (order > 0 || !startKey) {
      yield* partition.rows;
    } else {
      const { index, isFound } = table.position(partition.rows, startKey);
      yield* partition.rows.slice(index + (isFound ? 1 : 0));
    }
  }
}
