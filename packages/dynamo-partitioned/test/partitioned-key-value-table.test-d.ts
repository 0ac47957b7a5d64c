import { expectTypeOf } from 'vitest';

import {
  type PartitionedKeyValueTable,
  put,
  type CompoundKey,
  type Entry,
  type PartitionEntry,
  type RawRow,
} from '../src/index.js';

interface User {
  readonly name: string;
}

declare const user: CompoundKey<string, User>;
declare const tags: CompoundKey<string, string[]>;
declare const frozen: CompoundKey<string, readonly string[]>;
declare const pairs: CompoundKey<string, [number, number][]>;
declare const mixed: CompoundKey<string, (string | string[])[]>;
declare const branded: CompoundKey<'a' | 'b', 'x' | 'y'>;
declare const plain: CompoundKey;
declare const table: PartitionedKeyValueTable;

// The key says the type of the value.
expectTypeOf(table.get(user)).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(table.get<User>({ partition: 'p', namespace: 'n', sort: 's' })).resolves.toEqualTypeOf<
  User | undefined
>();
expectTypeOf(table.get(plain)).resolves.toEqualTypeOf<unknown>();
expectTypeOf(table.getEntry(user)).resolves.toEqualTypeOf<Entry<User> | undefined>();
expectTypeOf(table.getMany([user])).resolves.toEqualTypeOf<[User | undefined]>();
expectTypeOf(table.getMany([user, tags])).resolves.toEqualTypeOf<
  [User | undefined, string[] | undefined]
>();
declare const someUsers: CompoundKey<string, User>[];
expectTypeOf(table.getMany(someUsers)).resolves.toEqualTypeOf<(User | undefined)[]>();
expectTypeOf(table.getBatch(someUsers)).resolves.toEqualTypeOf<User[]>();
expectTypeOf(table.getBatch([user, tags])).resolves.toEqualTypeOf<(User | string[])[]>();
expectTypeOf(table.entries<User>('p')).toEqualTypeOf<AsyncGenerator<PartitionEntry<User>, void>>();
expectTypeOf(table.listAll('p')).toEqualTypeOf<AsyncGenerator<RawRow[], void>>();
expectTypeOf(table.update(user, (old) => old)).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(table.addToSet(tags, 'a')).resolves.toEqualTypeOf<boolean>();

void (async () => {
  await table.set(user, { name: 'Ada' });
  await table.set(plain, 5);
  await table.set({ partition: 'p', namespace: 'n', sort: 's' }, 5);
  await table.setBatch([
    { key: user, data: { name: 'Ada' } },
    { key: tags, data: ['a'] },
  ]);
  put(user, { name: 'Ada' });
  // @ts-expect-error -- not a user
  await table.set(user, { nam: 'Ada' });
  // @ts-expect-error -- another literal
  await table.set(branded, 'z');
  // @ts-expect-error -- not a user
  await table.setIfNotExists(user, 5);
  // @ts-expect-error -- not a user
  await table.setIfVersion(user, 5, 'v');
  // @ts-expect-error -- not a user
  await table.update(user, () => 5);
  // @ts-expect-error -- the data of the other key
  await table.setBatch([{ key: user, data: ['a'] }]);
  // @ts-expect-error -- not a user
  put(user, 5);

  await table.addToSet(tags, ['a', 'b']);
  await table.addToSet(frozen, 'a', (existing, candidate) => existing === candidate);
  await table.addToSet(pairs, [[1, 2]]);
  await table.addToSet(mixed, ['a', ['b', 'c']]);
  await table.removeFromSetByKey(tags, (tag) => tag.startsWith('a'));
  await table.updateInSet(pairs, [1, 2], ([first]) => first === 1);
  await table.existsInSet(pairs, [1, 2]);
  // @ts-expect-error -- an array means several elements: this one needs another around it
  await table.addToSet(pairs, [1, 2]);
  // @ts-expect-error -- not an element
  await table.addToSet(tags, 5);
  // @ts-expect-error -- not an element
  await table.removeFromSet(tags, [5]);
  // @ts-expect-error -- not a set
  await table.addToSet(user, 'a');
  // @ts-expect-error -- elements are compared, not sets
  await table.existsInSet(tags, ['a']);
})();
