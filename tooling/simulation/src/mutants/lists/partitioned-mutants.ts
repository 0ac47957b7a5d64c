import type { Mutant } from '../mutant.js';

const core = 'packages/dynamo-core/src';
const partitioned = 'packages/dynamo-partitioned';
const test = `${partitioned}/test`;

/** Breakages of the partitioned table. */
export const partitionedMutants: readonly Mutant[] = [
  {
    name: 'A plain set drops md5',
    file: `${core}/write-value.ts`,
    find: '  const { names, owner } = row;\n  const bringsExpiry',
    replace: `  if (condition === undefined) {
    return {
      TableName: row.tableName,
      Key: row.key,
      UpdateExpression: 'SET #data = :data REMOVE #newest',
      ExpressionAttributeNames: { '#data': row.names.data, '#newest': row.names.version },
      ExpressionAttributeValues: { ':data': write.data },
    };
  }
  const { names, owner } = row;
  const bringsExpiry`,
    caughtBy: `${test}/original-rows.conformance.test.ts`,
    test: 'is refused over any write of ours',
  },
  {
    name: 'A set operation brings a deleted set back',
    file: `${core}/write-value.ts`,
    find: 'expression: `${same} = :read AND ${present.expression}`',
    replace:
      'expression: `attribute_not_exists(#data) OR ${same} = :read AND ${present.expression}`',
    caughtBy: `${test}/partitioned-key-value-table.sim.test.ts`,
    test: 'delete',
  },
  {
    name: 'A batch ignores what came back unprocessed',
    file: `${core}/batches.ts`,
    find: 'if (again.size === 0) return;',
    replace: 'if (again.size >= 0) return;',
    caughtBy: `${test}/partitioned-key-value-table.faults.test.ts`,
    test: 'clear|setBatch|deleteBatch',
  },
  {
    name: 'An element whose response was lost is added again',
    file: `${core}/write-value.ts`,
    find: 'isMine: (item) => remembers(item, valueRegisters(names.version), change.version),',
    replace:
      'isMine: (item) => remembers(item, valueRegisters(names.version), `not ${change.version}`),',
    caughtBy: `${test}/partitioned-key-value-table.sim.test.ts`,
    test: 'change nothing of',
  },
  {
    name: 'A set operation does not look at the version that it read',
    file: `${core}/write-value.ts`,
    find: "version === undefined ? 'attribute_not_exists(#newest) AND #data' : '#newest'",
    replace:
      "version === undefined ? 'attribute_not_exists(#newest) AND #data' : 'NOT #data = :read AND :read'",
    caughtBy: `${test}/partitioned-key-value-table.sim.test.ts`,
    test: 'add,add,add',
  },
  {
    name: 'Clearing leaves the rows of the last batch',
    file: `${core}/clear-rows.ts`,
    find: 'if (waiting.length > 0) await deleteRows(waiting);',
    replace: 'if (waiting.length > rowsPerWave) await deleteRows(waiting);',
    caughtBy: `${test}/listing.conformance.test.ts`,
    test: 'fills its batches',
  },
  {
    name: 'A transaction is sent without its token',
    file: `${core}/transact-write.ts`,
    find: 'return { TransactItems: [...built], ClientRequestToken };',
    replace: 'return { TransactItems: [...built] };',
    caughtBy: `${core}/transact-write.test.ts`,
  },
  {
    name: 'Other writes under the same token pass for a repeat',
    file: `${partitioned}/src/transact.ts`,
    find: 'return [action, rows.address(key).callerKey, only, put];',
    replace: 'return [action, only && put.action];',
    caughtBy: `${test}/transact.conformance.test.ts`,
    test: 'does not take other writes',
  },
  {
    name: 'Elements are compared as they were given, not as they are stored',
    file: `${partitioned}/src/sets.ts`,
    find: 'return (await codec.decode(await codec.encode(elements, key), key)) as readonly E[];',
    replace: 'return (await codec.encode(elements, key)) && (elements as readonly E[]);',
    caughtBy: `${test}/sets.conformance.test.ts`,
    test: 'compares by content',
  },
  {
    name: 'The key of a set operation is read again after an answer',
    file: `packages/dynamo-core/src/input-checks.ts`,
    find: 'callerKey: { partition: key.partition, namespace: key.namespace, sort: key.sort },',
    replace: 'callerKey: key,',
    caughtBy: `${test}/partitioned-key-value-table.faults.test.ts`,
    test: 'changed after the call',
  },
  {
    name: 'Attempts and claims are listed as empty texts',
    file: `${partitioned}/src/listing.ts`,
    find: 'return item[countName]?.N;',
    replace: `return item[countName]?.N ?? '';`,
    caughtBy: `${test}/listing.conformance.test.ts`,
    test: 'attempts or claims',
  },
  {
    name: 'A put of a transaction asks for its digest, not for its token',
    file: `${core}/write-value.ts`,
    find: 'tokenOf(version) === undefined ? memory.isNew : memory.isNewToken',
    replace: '[memory.isNew, memory.isNewToken][0] as string',
    caughtBy: `${test}/transact.conformance.test.ts`,
    test: 'no longer knows',
  },
  {
    name: 'A list without puts leaves nothing that tells of it',
    file: `${partitioned}/src/transact.ts`,
    find: "!prepared.some(({ action }) => action === 'put')",
    replace: "prepared.some(({ action }) => action === ('none' as string))",
    caughtBy: `${test}/transact.conformance.test.ts`,
    test: 'without puts',
  },
];
