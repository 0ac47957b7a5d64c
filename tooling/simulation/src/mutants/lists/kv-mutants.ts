import type { Mutant } from '../mutant.js';

const core = 'packages/dynamo-core/src';
const kv = 'packages/dynamo-kv';

/** Breakages of the key-value table. */
export const kvMutants: readonly Mutant[] = [
  {
    name: 'An update does not look at the version that it read',
    file: `${core}/write-value.ts`,
    find: 'expression: `${same} = :read AND ${present.expression}`',
    replace: 'expression: `(NOT ${same} = :read OR ${same} = :read) AND ${present.expression}`',
    caughtBy: `${kv}/test/key-value-table.sim.test.ts`,
    test: 'of a stored value counts each answer once, whatever',
  },
  {
    name: 'An update remembers no write but the latest',
    file: `${core}/write-value.ts`,
    find: "registerParts(valueRegisters(''))",
    replace: "registerParts(valueRegisters('').slice(0, 1))",
    caughtBy: `${kv}/test/key-value-table.sim.test.ts`,
    test: 'whatever is lost',
  },
  {
    name: 'An update that is repeated is applied again',
    file: `${core}/write-value.ts`,
    find: 'isMine: (item) => remembers(item, valueRegisters(names.version), change.version),',
    replace:
      'isMine: (item) => remembers(item, valueRegisters(names.version), `not ${change.version}`),',
    caughtBy: `${kv}/test/key-value-table.sim.test.ts`,
  },
  {
    name: 'A listing shows expired values',
    file: `${kv}/src/requests.ts`,
    find: "    '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)',",
    replace: "    '(attribute_exists(#data) OR #expiresAt > :now)',",
    caughtBy: `${kv}/test/key-value-table.conformance.test.ts`,
    test: 'expired value',
  },
  {
    name: 'A listing shows the rows of other namespaces',
    file: `${kv}/src/requests.ts`,
    find: '(#ns = :ns OR ${original})',
    replace: '(#ns = :ns OR attribute_exists(#data) OR ${original})',
    caughtBy: `${kv}/test/key-value-table.conformance.test.ts`,
  },
  {
    name: 'A delete erases the counter of the same id',
    file: `${core}/row-kinds.ts`,
    find: 'return `attribute_exists(${mine}) AND attribute_not_exists(${other})`;',
    replace:
      'return `attribute_exists(${mine}) AND (attribute_exists(${other}) OR attribute_not_exists(${other}))`;',
    caughtBy: `${kv}/test/original-rows.conformance.test.ts`,
    test: 'leave the counter',
  },
  {
    name: 'A page ends where DynamoDB stopped reading',
    file: `${kv}/src/listing.ts`,
    find: 'rows.at(-1)?.key',
    replace: 'from ?? rows.at(-1)?.key',
    caughtBy: `${kv}/src/listing.test.ts`,
  },
  {
    name: 'Rows beyond a page are read, and their errors reported',
    file: `${kv}/src/scanner.ts`,
    find: 'taken < Items.length && rows.length < wanted',
    replace: 'taken < Items.length',
    caughtBy: `${kv}/src/listing.test.ts`,
  },
  {
    name: 'A delete of an expired value says that there was one',
    file: `${core}/value-requests.ts`,
    find: 'had(alone.attributes, clock.now())',
    replace: 'had(alone.attributes, 0)',
    caughtBy: `${kv}/src/key-value-table.test.ts`,
    test: 'says whether',
  },
  {
    name: 'A plain set does not ask whether the row remembers it',
    file: `${core}/write-value.ts`,
    find: "hasRoom('value', bringsExpiry), isNew(write))",
    replace: "hasRoom('value', bringsExpiry), condition && isNew(write))",
    caughtBy: `${kv}/test/repeats.conformance.test.ts`,
    test: 'behind seven',
  },
  {
    name: 'Values remember four writes',
    file: `${core}/recent-ids.ts`,
    find: 'valuesRemembered = 8',
    replace: 'valuesRemembered = 4',
    caughtBy: `${kv}/test/key-value-table.sim.test.ts`,
    test: 'behind 7',
  },
  {
    name: 'A value brings its expiry to a count',
    file: `${core}/write-value.ts`,
    find: 'bringsExpiry ? `attribute_not_exists(${other}) AND ${ownExpiry}` : ownExpiry',
    replace: 'bringsExpiry && !mine ? `attribute_not_exists(${other})` : ownExpiry',
    caughtBy: `${kv}/test/repeats.conformance.test.ts`,
    test: 'gets no expiry',
  },
  {
    name: 'A value stands beside a count that expires',
    file: `${core}/write-value.ts`,
    find: 'attribute_not_exists(#expiresAt) OR attribute_exists(${mine})',
    replace:
      'attribute_not_exists(#expiresAt) OR attribute_exists(#expiresAt) OR attribute_exists(${mine})',
    caughtBy: `${kv}/test/repeats.conformance.test.ts`,
    test: 'that expires gets no value',
  },
  {
    name: 'A value revives what has expired',
    file: `${core}/write-value.ts`,
    find: '...(dropped.length === 0 ? [] : [removed])',
    replace: "...(dropped.length === 0 ? [] : [removed && '#expiresAt'])",
    caughtBy: `${kv}/test/repeats.conformance.test.ts`,
    test: 'takes the place of what has expired',
  },
  {
    name: 'What was computed is stored over what was set since',
    file: 'packages/dynamo-core/src/get-or-set-requests.ts',
    find: "expression: all('claim = :claim', same.expression),",
    replace:
      "expression: all('claim = :claim', `(${same.expression} OR attribute_exists(claim))`),",
    caughtBy: 'packages/dynamo-kv/test/get-or-set.sim.test.ts',
    test: 'stores nothing over a set',
  },
  {
    name: 'What was computed is stored without its claim',
    file: 'packages/dynamo-core/src/get-or-set-requests.ts',
    find: "expression: all('claim = :claim', same.expression),",
    replace: "expression: all('(claim = :claim OR attribute_not_exists(claim))', same.expression),",
    caughtBy: 'packages/dynamo-kv/test/get-or-set.sim.test.ts',
    test: 'stores nothing over a delete',
  },
];
