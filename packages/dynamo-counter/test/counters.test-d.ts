import { expectTypeOf } from 'vitest';

import {
  KeyValueCounter,
  KeyValueScopedCounter,
  PartitionedKeyValueCounter,
  type CompoundKey,
  type KeyCount,
} from '../src/index.js';

declare const key: CompoundKey<string, { theme: string }>;

const counter = new KeyValueCounter({ namespace: 'api-calls' });
expectTypeOf(counter).toEqualTypeOf<KeyValueCounter<'number'>>();
expectTypeOf(new KeyValueCounter()).toEqualTypeOf<KeyValueCounter<'number'>>();
expectTypeOf(counter.incr('a')).resolves.toEqualTypeOf<number>();
expectTypeOf(counter.decr('a', 1)).resolves.toEqualTypeOf<number>();
expectTypeOf(counter.tryIncr('a', 1, { max: 3 })).resolves.toEqualTypeOf<number | undefined>();
expectTypeOf(counter.get(['a', 'b'])).resolves.toEqualTypeOf<KeyCount<'a' | 'b', number>[]>();
expectTypeOf(counter.get(['a'] as string[])).resolves.toExtend<KeyCount<string>[]>();
expectTypeOf(counter.set('a', 1)).resolves.toEqualTypeOf<void>();
expectTypeOf(counter.delete('a')).resolves.toEqualTypeOf<void>();
expectTypeOf(counter.windowed({ windowMs: 1 }).incr('a')).resolves.toEqualTypeOf<number>();
expectTypeOf<KeyCount>().toEqualTypeOf<{ readonly id: string; readonly count?: number }>();

const big = new KeyValueCounter({ mode: 'bigint' });
expectTypeOf(big.incr('a', 2n)).resolves.toEqualTypeOf<bigint>();
expectTypeOf(big.tryIncr('a', 2n, { min: 0n })).resolves.toEqualTypeOf<bigint | undefined>();
expectTypeOf(big.get(['a'])).resolves.toEqualTypeOf<KeyCount<'a', bigint>[]>();
expectTypeOf(big.windowed({ windowMs: 1 }).decr('a')).resolves.toEqualTypeOf<bigint>();

const scoped = new KeyValueScopedCounter((id: number) => `user-${id}`, counter);
expectTypeOf(scoped.inc(1)).resolves.toEqualTypeOf<number>();
expectTypeOf(scoped.current(1)).resolves.toEqualTypeOf<number>();
expectTypeOf(scoped.get([1])).resolves.toEqualTypeOf<KeyCount<number>[]>();
const scopedBig = new KeyValueScopedCounter((id: number) => `user-${id}`, big);
expectTypeOf(scopedBig.current(1)).resolves.toEqualTypeOf<bigint>();
const sharded = new KeyValueCounter({ shards: 3 });
const scopedSharded = new KeyValueScopedCounter((id: number) => `user-${id}`, sharded);
expectTypeOf(scopedSharded.incr(1)).resolves.toEqualTypeOf<undefined>();

const partitioned = new PartitionedKeyValueCounter({ tableName: 'partitioned_keys' });
expectTypeOf(partitioned.get(key)).resolves.toEqualTypeOf<number | undefined>();
expectTypeOf(partitioned.incr(key)).resolves.toEqualTypeOf<number>();
const partitionedBig = new PartitionedKeyValueCounter({ mode: 'bigint' });
expectTypeOf(partitionedBig.get(key)).resolves.toEqualTypeOf<bigint | undefined>();

void (() => {
  // @ts-expect-error -- a number counter takes no bigint
  void counter.incr('a', 1n);
  // @ts-expect-error -- a bigint counter takes no number
  void big.incr('a', 1);
  // @ts-expect-error -- bounds are of the type of the counts
  void big.tryIncr('a', 1n, { max: 3 });
  // @ts-expect-error -- ids are strings
  void counter.incr(1);
  // @ts-expect-error -- the key of this scope is a number
  void scoped.inc('1');
  // @ts-expect-error -- there is no such mode
  return new KeyValueCounter({ mode: 'float' });
});
