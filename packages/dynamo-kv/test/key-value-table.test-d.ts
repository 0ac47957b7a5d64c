import type { Codec } from '@x/dynamo-core';
import { expectTypeOf } from 'vitest';

import { KeyValueTable, type Entry, type KeyValueList, type PagePointer } from '../src/index.js';

interface User {
  readonly name: string;
}

declare const userCodec: Codec<User>;

// Without a codec, the type of a value is said at each call, as in the original.
const plain = new KeyValueTable({ namespace: 'events' });
expectTypeOf(plain.get<User>('a')).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(plain.get('a')).resolves.toEqualTypeOf<unknown>();
expectTypeOf(plain.getBatch<string>(['a'])).resolves.toEqualTypeOf<string[]>();
expectTypeOf(plain.listAll<string, User>()).resolves.toEqualTypeOf<KeyValueList<[string, User]>>();
expectTypeOf(plain.streamAll<User>(5)).toEqualTypeOf<
  AsyncGenerator<[string, User], void, undefined>
>();
expectTypeOf(plain.set<User>).toBeCallableWith('a', { name: 'Ada' });
expectTypeOf(plain.setBatch).toBeCallableWith(['a', ['b', 1]]);
expectTypeOf(plain.setMany).toBeCallableWith(['a', ['b', 1, { ttlSeconds: 60 }]]);
expectTypeOf(new KeyValueTable<string>().setMany).toBeCallableWith(['a', ['b', 'c']]);

// Who always computes a value gets one.
const fresh = { ttlSeconds: 5 };
declare const ada: User | undefined;
declare const eve: User;
expectTypeOf(plain.getOrSet('a', async () => 5, fresh)).resolves.toEqualTypeOf<number>();
expectTypeOf(plain.update<number>('a', (n = 0) => n + 1)).resolves.toEqualTypeOf<number>();
expectTypeOf(plain.update<User>('a', () => ada)).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(plain.getOrSet<User>('a', () => ada, fresh)).resolves.toEqualTypeOf<
  User | undefined
>();

// With a codec, values have its type.
const users = new KeyValueTable({ codec: userCodec });
expectTypeOf(users.get('a')).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(users.getEntry('a')).resolves.toEqualTypeOf<Entry<User> | undefined>();
expectTypeOf(users.getOrSet('a', () => eve, fresh)).resolves.toEqualTypeOf<User>();
expectTypeOf(users.getOrSet('a', () => ada, fresh)).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(users.getMany(['a'])).resolves.toEqualTypeOf<(User | undefined)[]>();
void (() => {
  // @ts-expect-error -- not a user
  void users.set('a', { nam: 'Ada' });
  // @ts-expect-error -- an id alone is stored as its own value, which is no user
  void users.setMany(['user-1']);
  // @ts-expect-error -- the same by the seed's name
  void users.setBatch(['user-1']);
  // @ts-expect-error -- not a user
  void users.setMany([['user-1', { nam: 'Ada' }]]);
  // @ts-expect-error -- a page pointer comes from a listing
  void users.listAll({ pageItem: 'x' });
  return users.update('a', (user) => {
    expectTypeOf(user).toEqualTypeOf<User | undefined>();
    return { name: 'Ada' };
  });
});
expectTypeOf<KeyValueList<User>['pagePointer']>().toEqualTypeOf<PagePointer | undefined>();
