import { checkKeyText, keyBytesMax } from '@x/dynamo-core';

import { leaseMsOf } from './lease-ms.js';
import { checkInfo, type AttemptOptions } from './lock-options.js';

/** A lock that is asked for. */
export interface LockRequest {
  readonly key: string;
  readonly leaseMs: number;
  readonly info: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Checks what the caller passed. */
export function lockRequest(
  key: string,
  timeoutSeconds: number,
  { info, signal }: AttemptOptions,
): LockRequest {
  checkKeyText('key', key, keyBytesMax.partition);
  checkInfo(info);
  return { key, leaseMs: leaseMsOf(timeoutSeconds), info, signal };
}
