import { partitionedKeysTable, type DynamoTransport } from '@x/dynamo-core';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';

/** What so many writers on one set send for each change, where each request takes 2 to 10 ms. */
export async function requestsPerChange(writers: number): Promise<number> {
  const [clock, random] = [new ManualClock(), seededRandom(1)];
  const memory = new MemoryDynamo({ clock });
  const tableName = memory.createTable({ ...partitionedKeysTable, name: 'bench' });
  let requests = 0;
  const dynamo: DynamoTransport = {
    usesSockets: false,
    async call(operation, input, options) {
      requests++;
      await clock.sleep(1 + 4 * random.unit());
      const output = await memory.call(operation, input, options);
      await clock.sleep(1 + 4 * random.unit());
      return output;
    },
  };
  const table = new PartitionedKeyValueTable({ dynamo, tableName, clock, random });
  const key = { partition: 'p', namespace: 'bench', sort: 'set' };
  const ids = Array.from({ length: writers }, (_, writer) => `writer-${writer}`);
  await clock.drive(Promise.all(ids.map((id) => table.addToSet(key, [id]))));
  return requests / writers;
}
