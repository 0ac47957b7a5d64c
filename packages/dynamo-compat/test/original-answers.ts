import type { Item } from '@x/dynamo-core';
import { isConditionalCheckFailed } from '@x/dynamo-core/mechanism';

/** What fails goes to the console, as the original's logger does by default. */
export async function told<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    // oxlint-disable-next-line no-console -- the original's default
    if (!isConditionalCheckFailed(error)) console.error('[common-aws] Failed', error);
    throw error;
  }
}

/** Whether a write was carried out. */
export async function succeeds(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await told(write);
    return true;
  } catch (error) {
    if (isConditionalCheckFailed(error)) return false;
    throw error;
  }
}

/** The value in a row. */
export function valueOf(row: Item | undefined, data = 'data'): unknown {
  const text = row?.[data]?.S;
  return text === undefined ? undefined : JSON.parse(text);
}
