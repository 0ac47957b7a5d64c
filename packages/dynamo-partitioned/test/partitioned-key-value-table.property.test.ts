import { describeOnEngines } from '@x/conformance';
import type { Dynamo } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { checkLinearizable, recordHistory } from '@x/simulation';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';

import { partitionedKeysTable, PartitionedKeyValueTable, type CompoundKey } from '../src/index.js';
import { perform, setModel, type SetInput, type SetOutput } from './set-model.js';
import { anyAction, TableModel, type Action } from './table-model.js';

const tableName = 'partitioned_keys';

/** Does the actions one after the other, with the table and with the model. */
async function compare(
  dynamo: Dynamo,
  name: string,
  actions: readonly Action[],
): Promise<{ readonly told: unknown[]; readonly expected: unknown[] }> {
  const clock = new ManualClock();
  const table = new PartitionedKeyValueTable({ dynamo, tableName: name, clock });
  const partition = crypto.randomUUID();
  const model = new TableModel();
  const told: unknown[] = [];
  const expected: unknown[] = [];
  for (const { text, real, model: inModel, waitSeconds } of actions) {
    clock.jumpWall(waitSeconds * 1000);
    model.seconds += waitSeconds;
    told.push([text, await real(table, partition)]);
    expected.push([text, inModel(model)]);
  }
  return { told, expected };
}

const anyElement = fc.constantFrom('a', 'b', 'c');
const anyInput: fc.Arbitrary<SetInput> = fc.oneof(
  fc.record({ kind: fc.constantFrom('add', 'remove'), element: anyElement }),
  fc.record({ kind: fc.constant('update'), element: anyElement, from: anyElement }),
  fc.record({ kind: fc.constant('set'), elements: fc.uniqueArray(anyElement) }),
  fc.record({ kind: fc.constantFrom('delete', 'read') }),
) as fc.Arbitrary<SetInput>;
const anyClients = fc.array(fc.array(anyInput, { minLength: 1, maxLength: 5 }), {
  minLength: 2,
  maxLength: 4,
});

/** Clients do their operations at once; whether some order explains what they were told. */
async function isExplained(
  dynamo: Dynamo,
  name: string,
  clients: readonly (readonly SetInput[])[],
): Promise<boolean> {
  const key: CompoundKey<string, string[]> = {
    partition: crypto.randomUUID(),
    namespace: 'n',
    sort: 'set',
  };
  const open = (): PartitionedKeyValueTable =>
    new PartitionedKeyValueTable({ dynamo, tableName: name });
  const history = recordHistory<SetInput, SetOutput>();
  await Promise.all(
    clients.map(async (inputs, index) => {
      const table = open();
      for (const input of inputs) {
        await history.record(`${index}`, input, () => perform(table, key, input));
      }
    }),
  );
  const read: SetInput = { kind: 'read' };
  await history.record('the end', read, () => perform(open(), key, read));
  return checkLinearizable(setModel(undefined), history.operations()).linearizable;
}

describe('PartitionedKeyValueTable in the process', () => {
  test('is a map to one client, whatever it does', async () => {
    const dynamo = new MemoryDynamo();
    dynamo.createTable(partitionedKeysTable, tableName);
    await fc.assert(
      fc.asyncProperty(fc.array(anyAction, { maxLength: 40 }), async (actions) => {
        const { told, expected } = await compare(dynamo, tableName, actions);
        expect(told).toEqual(expected);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describeOnEngines('PartitionedKeyValueTable', (engine) => {
  let name: string;

  beforeAll(async () => {
    name = await engine.createTable(partitionedKeysTable);
  });

  test('is a map to one client, whatever it does', async () => {
    const client = engine.client();
    await fc.assert(
      fc.asyncProperty(fc.array(anyAction, { maxLength: 40 }), async (actions) => {
        const { told, expected } = await compare(client, name, actions);
        expect(told).toEqual(expected);
      }),
      { numRuns: 15, seed: 1 },
    );
  }, 60_000);

  test('answers several clients at one set as if they came one at a time', async () => {
    const client = engine.client();
    await fc.assert(
      fc.asyncProperty(anyClients, async (clients) => {
        expect(await isExplained(client, name, clients)).toBe(true);
      }),
      { numRuns: 20, seed: 1 },
    );
  }, 60_000);
});
