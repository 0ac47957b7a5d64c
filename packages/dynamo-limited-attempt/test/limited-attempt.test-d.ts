import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { expectTypeOf } from 'vitest';

import {
  calendarWindow,
  fixedWindow,
  LimitedAttempt,
  slidingLog,
  type Algorithm,
  type AttemptsError,
  type CompoundKey,
  type EpochMS,
  type ResetState,
  type SuccessfulAttempt,
} from '../src/index.js';

declare const client: DynamoDBClient;
declare const limiter: LimitedAttempt;
declare const key: CompoundKey<string, ResetState<'mail' | 'sms'>>;
declare const plain: CompoundKey<string, ResetState>;
const limit = { attemptsMax: 3, validityTime: 60_000 };

void (() => {
  void new LimitedAttempt();
  void new LimitedAttempt(new PartitionedKeyValueTable());
  void new LimitedAttempt({ dynamo: client, mappings: { dataFieldName: 'json' } });
  void new LimitedAttempt({}, { shield: { maskMsMax: 5 }, onStoreError: 'allow' });
  // @ts-expect-error -- not a policy
  void new LimitedAttempt({}, { onStoreError: 'ignore' });
});

// The seed's sample: a key whose value may be anything.
// oxlint-disable-next-line typescript/no-explicit-any
declare const anyKey: CompoundKey<string, any>;
void (async () => {
  const attempt = await limiter.attempt(anyKey, limit, 'some-context-data');
  if (attempt) await attempt.clear();
});

// The context has the type that the key says.
expectTypeOf(limiter.attempt(key, limit, 'sms')).resolves.toEqualTypeOf<
  SuccessfulAttempt<'mail' | 'sms'>
>();
expectTypeOf(limiter.attempt(plain, limit, 'x')).resolves.toEqualTypeOf<SuccessfulAttempt>();
expectTypeOf(limiter.tryAttempt(plain, limit)).resolves.toEqualTypeOf<
  SuccessfulAttempt | undefined
>();
expectTypeOf(limiter.attempt<'a' | 'b'>).toBeCallableWith(
  { partition: 'p', namespace: 'n', sort: 's' },
  [limit, { ...limit, algorithm: slidingLog, blockMs: 1_000 }],
  { context: 'a', cost: 2 },
);
void (() => {
  // @ts-expect-error -- not a context of this key
  void limiter.attempt(key, limit, 'post');
  // @ts-expect-error -- a key of other values
  void limiter.attempt({} as CompoundKey<string, { theme: string }>, limit);
  // @ts-expect-error -- a limit says how many
  void limiter.attempt(plain, { windowMs: 3 });
  // @ts-expect-error -- and in which time
  void limiter.attempt(plain, { attemptsMax: 3 });
  // @ts-expect-error -- by one name
  void limiter.attempt(plain, { attemptsMax: 3, windowMs: 3, validityTime: 3 });
  void limiter.attempt(plain, { attemptsMax: 3, algorithm: calendarWindow('day') });
  // @ts-expect-error -- not a context of this key
  void limiter.attempt(key, limit, { context: 'post' });
  // @ts-expect-error -- options are the third argument
  void limiter.attempt(plain, limit, undefined, { cost: 2 });
});

expectTypeOf<AttemptsError['reason']>().toEqualTypeOf<'attempts' | 'blocked' | 'cost' | 'store'>();
expectTypeOf<AttemptsError['resetAtMs']>().toEqualTypeOf<EpochMS>();
expectTypeOf(fixedWindow).toEqualTypeOf<Algorithm>();
