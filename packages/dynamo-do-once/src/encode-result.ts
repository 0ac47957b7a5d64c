import type { AttributeValue, Codec } from '@x/dynamo-core';
import { checkItemSize } from '@x/dynamo-core/mechanism';

import { toError } from './errors.js';
import { doneRow, type DoneWrite, type DoOnceRow } from './requests.js';

interface EncodedResult<T> {
  readonly result: AttributeValue | undefined;
  readonly value: T;
  readonly notStored: Error | undefined;
}

/** The result as it is stored, and as it comes back. */
export async function encodeResult<T>(
  row: DoOnceRow,
  write: DoneWrite,
  response: T,
  codec: Codec,
): Promise<EncodedResult<T>> {
  try {
    const result = await codec.encode(response, row.displayKey);
    checkItemSize(row.displayKey, doneRow(row, { ...write, result }).Item);
    const value = (await codec.decode(result, row.displayKey)) as T;
    return { result, value, notStored: undefined };
  } catch (error) {
    return { result: undefined, value: response, notStored: toError(error) };
  }
}
