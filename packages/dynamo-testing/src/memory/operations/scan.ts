import type * as sdk from '@aws-sdk/client-dynamodb';

import { reportCapacity } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkTableName, itemConstraints } from '../constraints.js';
import { validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import { hashOf, partitionOf } from '../store/rows.js';
import { readMany, readManyFields, selectConstraint } from './read-many.js';
import { checkProjected, checkStartKey, readRows, readSource } from './read-source.js';

const segmentsMax = 1_000_000;
const hashes = 2 ** 32;

export function scan(
  database: Database,
  input: sdk.ScanCommandInput,
): Omit<sdk.ScanCommandOutput, '$metadata'> {
  checkFields('Scan', input, [...readManyFields, 'Segment', 'TotalSegments']);
  checkTableName(input.TableName);
  selectConstraint(itemConstraints(input), input)
    .range(input.Limit, 'limit', 1)
    .range(input.Segment, 'segment', 0)
    .range(input.TotalSegments, 'totalSegments', 1, segmentsMax)
    .check();
  const { from, to } = readSegment(input);
  const read = readMany(database, input);
  const source = readSource(database.table(input.TableName), input);
  checkProjected(source, input, read, 'scan');
  const startKey = read.startKey && checkStartKey(source, read.startKey, true);
  if (startKey) {
    const hash = hashOf(partitionOf(source.index ?? source.table, startKey));
    if (hash < from || hash >= to) {
      throw validationError(
        'The provided starting key is invalid: Invalid ExclusiveStartKey. ' +
          'Please use ExclusiveStartKey with correct Segment.',
      );
    }
  }
  const rows = source.rows.segment(from, to, startKey);
  const { page, usage } = readRows(source, rows, input, read);
  return { ...page, ...reportCapacity(input.ReturnConsumedCapacity, usage) };
}

/** Each segment of a parallel scan has its own part of the hashes. */
function readSegment({ Segment: segment, TotalSegments: total }: sdk.ScanCommandInput): {
  readonly from: number;
  readonly to: number;
} {
  if (segment === undefined && total === undefined) return { from: 0, to: hashes };
  if (total === undefined) {
    throw validationError(
      'The TotalSegments parameter is required but was not present in the request ' +
        'when Segment parameter is present',
    );
  }
  if (segment === undefined) {
    throw validationError(
      'The Segment parameter is required but was not present in the request ' +
        'when parameter TotalSegments is present',
    );
  }
  if (segment >= total) {
    throw validationError(
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: ' +
        `Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
  }
  const start = (index: number): number => Math.ceil((index / total) * hashes);
  return { from: start(segment), to: start(segment + 1) };
}
