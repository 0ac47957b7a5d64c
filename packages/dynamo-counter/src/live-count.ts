import { KeyCollisionError, numberOf, stringOf, type Item } from '@x/dynamo-core';
import { isExpired } from '@x/dynamo-core/mechanism';

import { type Count, countIn } from './requests.js';
import { counterAttributes, type CounterAddress } from './counter-row.js';

const { count, expiresAt, namespace, kind } = counterAttributes;

/** The count in a row of this namespace that has not expired. */
export function liveCount(
  item: Item | undefined,
  at: CounterAddress,
  nowMs: number,
): Count | undefined {
  const actual = stringOf(item, namespace);
  const isOthers = at.owner !== undefined && actual !== undefined && actual !== at.owner.value;
  if (isOthers || isExpired(numberOf(item, expiresAt), nowMs)) return undefined;
  checkKind(item, at);
  return countIn(item, at.label);
}

/** Throws where a caller's id is the key of a window or the other way round: `@` may be in ids. */
export function checkKind(item: Item | undefined, at: CounterAddress): void {
  const actual = stringOf(item, kind);
  if (item?.[count] === undefined || actual === at.kind) return;
  const what = actual === undefined ? 'a counter of its own' : `a ${actual} of another counter`;
  throw new KeyCollisionError(at.label, `it is the row of ${what}`);
}
