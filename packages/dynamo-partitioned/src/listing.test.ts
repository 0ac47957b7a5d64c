import type { DynamoInput, DynamoTransport, Item } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import { PartitionedKeyValueTable } from './index.js';

const tableName = 'rows';

/** A partition of so many rows, of which deletions leave those that `isStuck`. */
class StuckPartition implements DynamoTransport {
  readonly batches: number[] = [];
  readonly #rows: number;
  readonly #isStuck: (sortKey: string, attempt: number) => boolean;

  constructor(rows: number, isStuck: (sortKey: string, attempt: number) => boolean) {
    this.#rows = rows;
    this.#isStuck = isStuck;
  }

  async call(operation: string, input: object): Promise<never> {
    return (operation === 'Query' ? this.#query() : this.#delete(input)) as never;
  }

  #query(): object {
    const keyOf = (_: unknown, index: number): Item => ({
      partitionKey: { S: 'p' },
      sortKey: { S: `n.${index}` },
    });
    return { Items: Array.from({ length: this.#rows }, keyOf) };
  }

  #delete(input: object): object {
    const requests = (input as DynamoInput<'BatchWriteItem'>).RequestItems?.[tableName] ?? [];
    const attempt = this.batches.push(requests.length);
    const left = requests.filter(({ DeleteRequest }) =>
      this.#isStuck(DeleteRequest?.Key?.['sortKey']?.S ?? '', attempt),
    );
    return { UnprocessedItems: left.length > 0 ? { [tableName]: left } : {} };
  }
}

describe('clear()', () => {
  test('repeats what comes back unprocessed, with what is left alone', async () => {
    const dynamo = new StuckPartition(30, (sortKey, attempt) => attempt < 4 && sortKey === 'n.7');
    const clock = new ManualClock();
    const table = new PartitionedKeyValueTable({ dynamo, tableName, clock });
    expect(await clock.drive(table.clear('p'))).toEqual({ deleted: 30 });
    expect(dynamo.batches).toEqual([25, 5, 1, 1]);
  });

  test('gives up on what stays unprocessed, and says what is deleted in all', async () => {
    const dynamo = new StuckPartition(210, (sortKey) => sortKey === 'n.205');
    const clock = new ManualClock();
    const table = new PartitionedKeyValueTable({ dynamo, tableName, clock });
    const progress: number[] = [];
    const onProgress = ({ deleted }: { deleted: number }): number => progress.push(deleted);
    await expect(clock.drive(table.clear('p', { onProgress }))).rejects.toMatchObject({
      name: 'BatchIncompleteError',
      processed: 209,
      unprocessed: [{ partition: 'p', namespace: '', sort: 'n.205' }],
    });
    expect(progress).toEqual([100, 200]);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('passes any other error on, and sends no further batch', async () => {
    const error = new Error('throttled');
    const dynamo = new StuckPartition(210, () => {
      throw error;
    });
    const table = new PartitionedKeyValueTable({ dynamo, tableName });
    await expect(table.clear('p')).rejects.toBe(error);
    expect(dynamo.batches.length).toBeLessThanOrEqual(4);
  });

  test('waits for onProgress, and ends with what that rejects with', async () => {
    const error = new Error('progress');
    const dynamo = new StuckPartition(210, () => false);
    const table = new PartitionedKeyValueTable({ dynamo, tableName });
    const onProgress = (): Promise<never> => Promise.reject(error);
    await expect(table.clear('p', { onProgress })).rejects.toBe(error);
    expect(dynamo.batches).toHaveLength(4);
  });
});
