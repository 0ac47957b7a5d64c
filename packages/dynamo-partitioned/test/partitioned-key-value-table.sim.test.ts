import {
  checkLinearizable,
  expectNoViolation,
  expectViolation,
  explore,
  recordHistory,
  sample,
  type Scenario,
} from '@x/simulation';
import { describe, expect, test } from 'vitest';

import {
  ifVersion,
  partitionedKeysTable,
  PartitionedKeyValueTable,
  put,
  transactionCanceled,
  type CompoundKey,
} from '../src/index.js';
import { perform, setModel, type SetInput, type SetOutput } from './set-model.js';

const tableName = 'partitioned_keys';
const set: CompoundKey<string, string[]> = { partition: 'p', namespace: 'n', sort: 'set' };
const before = ['a', 'b'];

const tables = [partitionedKeysTable];

/** Each client does its operations; some order of them must explain all answers and the end. */
function clientsDoing(...clients: readonly (readonly SetInput[])[]): Scenario {
  return async (world) => {
    const direct = new PartitionedKeyValueTable({ dynamo: world.store, tableName });
    await direct.set(set, before);
    const history = recordHistory<SetInput, SetOutput>();
    for (const [index, inputs] of clients.entries()) {
      const client = world.client('ABC'[index] ?? '');
      const { dynamo, clock, random } = client;
      const table = new PartitionedKeyValueTable({ dynamo, tableName, clock, random });
      client.run(async () => {
        for (const input of inputs) {
          await history.record(client.name, input, () => perform(table, set, input));
        }
      });
    }
    world.atEnd(async () => {
      const read: SetInput = { kind: 'read' };
      const end = await history.record('the end', read, () => perform(direct, set, read));
      const { linearizable } = checkLinearizable(setModel(before), history.operations());
      if (linearizable) return undefined;
      const told = history
        .operations()
        .map(({ client, input, returned }) => JSON.stringify([client, input, returned?.output]));
      return `No order explains ${JSON.stringify(end)}: ${told.join(' ')}`;
    });
  };
}

const add: SetInput = { kind: 'add', element: 'x' };
const remove: SetInput = { kind: 'remove', element: 'a' };
const update: SetInput = { kind: 'update', element: 'B', from: 'b' };
const plainSet: SetInput = { kind: 'set', elements: ['a', 'new'] };
const deletion: SetInput = { kind: 'delete' };
const setIfNotExists: SetInput = { kind: 'setIfNotExists', elements: ['first'] };

describe('any interleaving of three clients is explained by some order of what they did:', () => {
  const operations = [add, remove, update, plainSet, deletion, setIfNotExists];
  const groups = operations.flatMap((one, i) =>
    operations
      .slice(i)
      .flatMap((two, j) => operations.slice(i + j).map((three) => [one, two, three])),
  );

  test.each(groups.map((group) => ({ title: group.map(({ kind }) => kind).join(), group })))(
    '$title',
    async ({ title, group }) => {
      const scenario = clientsDoing(...group.map((input) => [input]));
      const options = { name: title, tables, preemptionsMax: 1 };
      const result = await explore(scenario, options);
      expectNoViolation(result, { exhaustive: true });
      expect(result.runs).toBeGreaterThan(5);
    },
  );
});

describe('lost and repeated requests', () => {
  test.each([
    { title: 'adds', clients: [[add], [add]] },
    { title: 'an add and a remove of the same', clients: [[add], [{ ...add, kind: 'remove' }]] },
    { title: 'an add, then its removal', clients: [[add, { ...add, kind: 'remove' }], [update]] },
    { title: 'a remove and an update', clients: [[remove], [update]] },
    { title: 'adds of two', clients: [[add], [{ kind: 'add', element: 'y' }]] },
  ] as { title: string; clients: SetInput[][] }[])(
    'change nothing of $title',
    async ({ title, clients }) => {
      // A client that does two things has as many more places to be lost at.
      const preemptionsMax = clients.some((inputs) => inputs.length > 1) ? 1 : 2;
      const options = { name: title, tables, preemptionsMax, faultsMax: 1, runsMax: 200_000 };
      expectNoViolation(await explore(clientsDoing(...clients), options), { exhaustive: true });
    },
  );

  test.each([
    { title: 'a set and an add', clients: [[plainSet], [add]] },
    { title: 'a set and an update behind it', clients: [[plainSet, update], [add]] },
    { title: 'a removal and a delete', clients: [[remove], [deletion]] },
  ] as { title: string; clients: SetInput[][] }[])(
    'change nothing of $title',
    async ({ title, clients }) => {
      // A client that does two things has as many more places to be lost at.
      const preemptionsMax = clients.some((inputs) => inputs.length > 1) ? 1 : 2;
      const options = { name: title, tables, preemptionsMax, faultsMax: 1, runsMax: 200_000 };
      expectNoViolation(await explore(clientsDoing(...clients), options), { exhaustive: true });
    },
  );

  test.each([
    { title: 'a set, which comes back', operation: plainSet },
    { title: 'an add, which the copy of the delete takes', operation: add },
  ])('tell of a delete beside $title, as is stated', async ({ title, operation }) => {
    const options = { name: title, tables, preemptionsMax: 2, faultsMax: 1 };
    const result = await explore(clientsDoing([operation], [deletion]), options);
    expectViolation(result, 'No order explains');
  });

  test('change nothing of what three clients do to a set, in random schedules', async () => {
    const clients = [
      [add, remove],
      [update, add],
      [remove, { kind: 'add', element: 'y' }],
    ] as const;
    const options = { name: 'random sets', tables, seed: 1, runs: 500, faultsMax: 4 };
    expectNoViolation(await sample(clientsDoing(...clients), options));
  });
});

describe('transact()', () => {
  const from: CompoundKey<string, number> = { partition: 'p', namespace: 'account', sort: 'from' };
  const to: CompoundKey<string, number> = { partition: 'p', namespace: 'account', sort: 'to' };

  /** Two clients move one piece each, again after a refusal. No piece is lost or made. */
  const moving: Scenario = async (world) => {
    const direct = new PartitionedKeyValueTable({ dynamo: world.store, tableName });
    await direct.set(from, 10);
    await direct.set(to, 0);
    let moved = 0;
    for (const name of ['A', 'B']) {
      const client = world.client(name);
      const { dynamo, clock, random } = client;
      const table = new PartitionedKeyValueTable({ dynamo, tableName, clock, random });
      client.run(async () => {
        for (let attempts = 0; attempts < 5; attempts++) {
          if (await tryMove(table)) {
            moved++;
            return;
          }
        }
      });
    }
    world.atEnd(async () => {
      const [left = NaN, arrived = NaN] = await direct.getMany([from, to], { consistent: true });
      const isRight = left + arrived === 10 && arrived >= moved && arrived <= 2;
      return isRight ? undefined : `${left} left, ${arrived} arrived, ${moved} answers`;
    });
  };

  async function tryMove(table: PartitionedKeyValueTable): Promise<boolean> {
    const consistent = { consistent: true };
    const left = await table.getEntry(from, consistent);
    const arrived = await table.getEntry(to, consistent);
    if (left === undefined || arrived === undefined) return false;
    const writes = [
      put(from, left.value - 1, { only: ifVersion(left.version) }),
      put(to, arrived.value + 1, { only: ifVersion(arrived.version) }),
    ];
    try {
      await table.transact(writes);
      return true;
    } catch (error) {
      if (transactionCanceled(error, writes) === undefined) throw error;
      return false;
    }
  }

  /** Two deliveries of one token, of which one may have another list, while a third client writes. */
  function delivered(...lists: readonly (readonly [number, number])[]): Scenario {
    return async (world) => {
      const direct = new PartitionedKeyValueTable({ dynamo: world.store, tableName });
      await direct.set(from, 0);
      const answers: string[] = [];
      const open = (name: string): [PartitionedKeyValueTable, ReturnType<typeof world.client>] => {
        const client = world.client(name);
        const { dynamo, clock, random } = client;
        return [new PartitionedKeyValueTable({ dynamo, tableName, clock, random }), client];
      };
      for (const [index, [one, other]] of lists.entries()) {
        const [table, client] = open('AB'[index] ?? '');
        client.run(async () => {
          try {
            await table.transact([put(from, one), put(to, other)], { token: 'message' });
            answers.push(`${one} ${other}`);
          } catch (error) {
            if ((error as Error).name !== 'TokenReusedError') throw error;
          }
        });
      }
      const [table, client] = open('C');
      let hasEnded = false;
      client.run(async () => {
        const { version = '', value } = (await table.getEntry(from, { consistent: true })) ?? {};
        if (value === 0) return;
        hasEnded = (await table.setIfVersion(from, 100, version)) !== undefined;
      });
      world.atEnd(async () => {
        const ends = await direct.getMany([from, to], { consistent: true });
        if (new Set(answers).size > 1) return `both lists were applied: ${answers.join(', ')}`;
        if (hasEnded && ends[0] !== 100) return `a delivery wrote ${ends[0]} over 100`;
        const [first] = answers;
        // The third client may have written without having been answered.
        const stored = ends[0] === 100 ? [ends[1], ends[1]] : ends;
        if (first === undefined) return undefined;
        return stored.join(' ') === first
          ? undefined
          : `${stored.join()} stored, ${first} answered`;
      });
    };
  }

  test.each([
    [
      'the same list',
      [
        [1, 1],
        [1, 1],
      ],
    ],
    [
      'another list',
      [
        [1, 1],
        [2, 2],
      ],
    ],
  ] as [string, [number, number][]][])(
    'with one token for %s applies one list once, and nothing over a later write',
    async (name, lists) => {
      const options = { name, tables, seed: 1, runs: 200, faultsMax: 2 };
      expectNoViolation(await sample(delivered(...lists), options));
    },
  );

  test('is applied once, whatever is lost or repeated', async () => {
    const options = { name: 'moves', tables, preemptionsMax: 2, faultsMax: 1, runsMax: 200_000 };
    const result = await explore(moving, options);
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(500);
  });
});
