import type { Mutant } from './mutant.js';

const tests = 'packages/dynamo-kv/test';

/** Breakages of the key-value table and of the mechanisms in core that it stands on. */
export const keyValueMutants: readonly Mutant[] = [
  {
    name: 'kv: a version forgets the writes before the latest',
    file: 'packages/dynamo-core/src/value-row.ts',
    find: '.slice(0, versionIdsMax)',
    replace: '.slice(0, 1)',
    caughtBy: `${tests}/key-value-table.sim.test.ts`,
    test: 'whatever is lost',
  },
  {
    name: 'kv: a write does not recognise itself',
    file: 'packages/dynamo-core/src/conditional-write.ts',
    find: 'isMine?.(item) === true',
    replace: 'isMine?.(item) === undefined',
    caughtBy: `${tests}/key-value-table.faults.test.ts`,
    test: 'setIfNotExists',
  },
  {
    name: 'kv: an update does not look whether the value is still what it read',
    file: 'packages/dynamo-core/src/value-requests.ts',
    find: 'expression: `${same} = :read AND ${present.expression}`',
    replace: 'expression: `(${same} = :read OR attribute_exists(#data)) AND ${present.expression}`',
    caughtBy: `${tests}/key-value-table.conformance.test.ts`,
    test: 'loses nothing',
  },
  {
    name: 'kv: unprocessed rows of a batch are dropped',
    file: 'packages/dynamo-core/src/batches.ts',
    find: 'if (again.size === 0) return;',
    replace: 'if (again.size >= 0) return;',
    caughtBy: `${tests}/key-value-table.conformance.test.ts`,
    test: '230 ids',
  },
  {
    name: 'kv: a listing shows the rows of other namespaces',
    file: 'packages/dynamo-kv/src/requests.ts',
    find: '`(#ns = :ns OR ${original})`',
    replace: '`(#ns = :ns OR attribute_exists(#ns) OR ${original})`',
    caughtBy: `${tests}/key-value-table.conformance.test.ts`,
    test: 'listing',
  },
  {
    name: 'kv: a delete erases the counter of the same id',
    file: 'packages/dynamo-kv/src/requests.ts',
    find: "sharedWith: readonly string[] = ['count']",
    replace: 'sharedWith: readonly string[] = []',
    caughtBy: `${tests}/original-rows.conformance.test.ts`,
    test: 'leave the counter',
  },
];
