import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expectTypeOf } from 'vitest';

import {
  DynamoLock,
  dynamoTableName,
  fenceCondition,
  type HeldLock,
  type HeldLocks,
  type LockLossReason,
  type LockLostError,
  type LockStatus,
  type LockTimeoutError,
  type ReleaseOutcome,
} from '../src/index.js';

declare const client: DynamoDBClient;
declare const documentClient: DynamoDBDocumentClient;
declare const locks: DynamoLock;
declare const lock: HeldLock;

// The calls of the original.
const original = new DynamoLock({ dynamo: client, tableName: dynamoTableName('locks') });
expectTypeOf(original.tryAcquire('my-resource-id', 30)).resolves.toEqualTypeOf<
  HeldLock | undefined
>();
expectTypeOf(lock.release).toBeCallableWith();
expectTypeOf(lock.type).toEqualTypeOf<'lock'>();

// Every option may be left out, and any client fits.
expectTypeOf(DynamoLock).toBeConstructibleWith();
expectTypeOf(DynamoLock).toBeConstructibleWith({ dynamo: documentClient, skewToleranceMs: 0 });
expectTypeOf(locks.acquire('k', 30)).resolves.toEqualTypeOf<HeldLock>();
expectTypeOf(locks.acquireAll(['k'], 30)).resolves.toEqualTypeOf<HeldLocks>();
expectTypeOf(locks.inspect('k')).resolves.toEqualTypeOf<LockStatus | undefined>();
expectTypeOf(locks.forceRelease('k')).resolves.toEqualTypeOf<LockStatus | undefined>();
expectTypeOf(locks.list()).toEqualTypeOf<AsyncGenerator<LockStatus, void, undefined>>();
expectTypeOf(lock.release()).resolves.toEqualTypeOf<ReleaseOutcome>();
expectTypeOf(lock.heartbeat()).toEqualTypeOf<() => void>();
expectTypeOf<HeldLock>().toExtend<AsyncDisposable>();
expectTypeOf<HeldLocks>().toExtend<AsyncDisposable>();
expectTypeOf<LockLostError['reason']>().toEqualTypeOf<LockLossReason>();
expectTypeOf<LockTimeoutError['holder']>().toEqualTypeOf<string | undefined>();

// What the work returns is what withLock() resolves to, a promise or not.
expectTypeOf(locks.withLock('k', {}, () => 1)).resolves.toEqualTypeOf<number>();
expectTypeOf(locks.withLock('k', {}, async (held) => held.key)).resolves.toEqualTypeOf<string>();

// A fence is enough to build the condition.
expectTypeOf(fenceCondition(lock).condition).toEqualTypeOf<string>();
expectTypeOf(fenceCondition({ fence: 5 }).documentValues).toEqualTypeOf<
  Readonly<Record<':lockFence', number>>
>();

void (() => {
  // @ts-expect-error -- an option that is not there
  void locks.tryAcquire('k', { timeoutSeconds: 5 });
  // @ts-expect-error -- tryAcquire() does not wait
  void locks.tryAcquire('k', 30, { waitMsMax: 5 });
  // @ts-expect-error -- a lock is not made by hand
  void new locks.HeldLock();
  // @ts-expect-error -- the fence is read only
  lock.fence = 5;
  // @ts-expect-error -- the lock may be undefined
  void original.tryAcquire('k', 30).then((taken) => taken.release());
});
