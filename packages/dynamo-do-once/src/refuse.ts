// Why a call does not do its action: loaded where that is found out.
import type { Item } from '@x/dynamo-core';
import { checkAlone } from '@x/dynamo-core/mechanism';

import {
  DoOnceAbandonedError,
  DoOnceInProgressError,
  DoOnceMismatchError,
  DoOnceStoredError,
} from './errors.js';
import { isOther, recordOf, type DoOnceRecord } from './record.js';
import type { Call } from './requests.js';

/**
 * Throws what the row stands for to this call: another thing, another payload, or a claim. That runs
 * for `freeInMs` more; without, it has ended, and nobody may take it over.
 */
export function refuse(call: Call, item: Item | undefined, freeInMs?: number): never {
  const { displayKey, dataName } = call.row;
  const record = item && recordOf(item, dataName);
  if (record?.done === false) checkAlone(displayKey, item, 'claim', dataName);
  if (record && isOther(record, call.hash)) throw new DoOnceMismatchError(displayKey, record);
  if (freeInMs !== undefined) throw new DoOnceInProgressError(displayKey, Math.max(0, freeInMs));
  throw new DoOnceAbandonedError(displayKey, record?.startedAtMs);
}

/** Throws where it is done by having failed for good. */
export function checkNotFailed(displayKey: string, { storedError, at }: DoOnceRecord): void {
  if (storedError !== undefined) throw new DoOnceStoredError(displayKey, storedError, at);
}
