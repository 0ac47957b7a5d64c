// The requests that few calls send: each is loaded with what sends it.
import { N, S, type DynamoInput } from '@x/dynamo-core';

import {
  condition,
  expired,
  isOwn,
  seconds,
  unmarked,
  write,
  type DoOnceRow,
  type WriteCondition,
} from './requests.js';

/**
 * The row may be marked by anybody: it is not done, nor claimed with another payload, nor claimed after
 * `seenMs`.
 */
export function markable(
  row: DoOnceRow,
  cutMs: number,
  hash: string | undefined,
  seenMs: number,
): WriteCondition {
  const isSame = hash === undefined ? '' : ' AND (attribute_not_exists(#hash) OR #hash = :hash)';
  // A copy that comes late leaves a claim that was made after it was sent.
  const where = `${unmarked} AND (attribute_not_exists(started) OR started <= :seen)${isSame}`;
  return condition(row, `(${where}) OR ${expired}`, {
    ':cut': seconds(cutMs),
    ':seen': N(seenMs),
    ...(hash !== undefined && { ':hash': S(hash) }),
  });
}

/** Ends the lease of the own claim and leaves the claim: its action has failed. */
export function abandonClaim(row: DoOnceRow, owner: string): DynamoInput<'UpdateItem'> {
  const values = { ':owner': S(owner), ':ended': N(0) };
  return { UpdateExpression: 'SET lease = :ended', ...write(row, isOwn, values) };
}

/** Deletes a claim or a mark, whosever it is. A count and the attempts of a limit stay. */
export function clearRow(row: DoOnceRow): DynamoInput<'DeleteItem'> {
  return write(row, 'attribute_not_exists(#count) AND attribute_not_exists(began)');
}
