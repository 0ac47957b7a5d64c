import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { describeOnEngines } from '@x/conformance';
import { N, numberOf, S, type TableDefinition } from '@x/dynamo-core';
import { FaultHandler, injectFaults, ManualClock, type Fault } from '@x/dynamo-testing';
import { beforeAll, expect, test } from 'vitest';

const definition: TableDefinition = { name: 'faults', partitionKey: { name: 'id', type: 'S' } };

describeOnEngines('FaultHandler', (engine) => {
  let table = '';
  let ids = 0;
  beforeAll(async () => {
    table = await engine.createTable(definition);
  });

  /** Adds one to a fresh row while the first attempt meets `fault`: what it answers and stores. */
  async function addOne(fault: Fault): Promise<{ answer: unknown; stored: number; log: string[] }> {
    const faults = new FaultHandler([fault]);
    const key = { id: S(`row ${(ids += 1)}`) };
    const answer = await add(engine.client({ faults }), key).catch((error: Error) => error.name);
    const stored = numberOf(await engine.row(table, key), 'count') ?? 0;
    return { answer, stored, log: faults.log.map((entry) => entry.fault.kind) };
  }

  async function add(client: DynamoDBClient, key: { id: { S: string } }): Promise<number> {
    const update = new UpdateItemCommand({
      TableName: table,
      Key: key,
      UpdateExpression: 'ADD #count :one',
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: { ':one': N(1) },
      ReturnValues: 'ALL_NEW',
    });
    return numberOf((await client.send(update)).Attributes, 'count') ?? 0;
  }

  test('pass leaves a request alone', async () => {
    expect(await addOne({ kind: 'pass' })).toEqual({ answer: 1, stored: 1, log: ['pass'] });
  });

  test('drop-before: the SDK sends again, applied once', async () => {
    const log = ['drop-before', 'pass'];
    expect(await addOne({ kind: 'drop-before' })).toEqual({ answer: 1, stored: 1, log });
  });

  test('drop-after: the SDK sends again, applied twice', async () => {
    const log = ['drop-after', 'pass'];
    expect(await addOne({ kind: 'drop-after' })).toEqual({ answer: 2, stored: 2, log });
  });

  test('duplicate: applied twice, the second response returned', async () => {
    const log = ['duplicate'];
    expect(await addOne({ kind: 'duplicate' })).toEqual({ answer: 2, stored: 2, log });
  });

  test('late-copy: applied, and once more later by the clock of the handler', async () => {
    const clock = new ManualClock();
    const faults = new FaultHandler([{ kind: 'late-copy', delayMs: 2_000 }], { clock });
    const key = { id: S('copied') };
    const client = engine.client({ faults });
    expect(await add(client, key)).toBe(1);
    expect(numberOf(await engine.row(table, key), 'count')).toBe(1);
    await clock.advance(2_000);
    await expect
      .poll(async () => numberOf(await engine.row(table, key), 'count'), { interval: 5 })
      .toBe(2);
  });

  test('error of status 500: the SDK sends again, whether it was applied or not', async () => {
    const fault = { kind: 'error', name: 'InternalServerError', status: 500 } as const;
    expect(await addOne(fault)).toMatchObject({ answer: 1, stored: 1 });
    expect(await addOne({ ...fault, applied: true })).toMatchObject({ answer: 2, stored: 2 });
  });

  test('error with fields comes out of the SDK as its own error class', async () => {
    const fields = { Item: { id: S('a') } };
    const client = engine.client({
      faults: [{ kind: 'error', name: 'ConditionalCheckFailedException', fields }],
    });
    await expect(add(client, { id: S('refused') })).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: fields.Item,
    });
    expect(await engine.row(table, { id: S('refused') })).toBeUndefined();
  });

  test('delay waits on the clock of the handler', async () => {
    const clock = new ManualClock();
    const faults = new FaultHandler([{ kind: 'delay', delayMs: 60_000 }], { clock });
    const adding = add(engine.client({ faults }), { id: S('late') });
    await expect.poll(() => clock.pendingSleeps).toBe(1);
    expect(faults.inFlight).toBe(1);
    expect(await engine.row(table, { id: S('late') })).toBeUndefined();

    await clock.advance(60_000);
    expect(await adding).toBe(1);
    expect(faults.inFlight).toBe(0);
  });

  test('partial leaves the rest of a batch of writes unprocessed', async () => {
    const client = engine.client({ faults: [{ kind: 'partial', keep: 2 }] });
    const puts = ['p1', 'p2', 'p3'].map((id) => ({ PutRequest: { Item: { id: S(id) } } }));
    const write = new BatchWriteItemCommand({ RequestItems: { [table]: puts } });
    const { UnprocessedItems } = await client.send(write);

    expect(UnprocessedItems).toEqual({ [table]: [puts[2]] });
    expect(await engine.row(table, { id: S('p2') })).toBeDefined();
    expect(await engine.row(table, { id: S('p3') })).toBeUndefined();
  });

  test('partial leaves the rest of a batch of reads unprocessed, or all of it', async () => {
    await engine.putRow(table, { id: S('g1') });
    const Keys = [{ id: S('g1') }, { id: S('g2') }];
    const get = new BatchGetItemCommand({
      RequestItems: { [table]: { Keys, ConsistentRead: true } },
    });
    const client = engine.client({
      faults: [
        { kind: 'partial', keep: 1 },
        { kind: 'partial', keep: 0 },
      ],
    });

    const first = await client.send(get);
    expect(first.Responses?.[table]).toEqual([Keys[0]]);
    expect(first.UnprocessedKeys?.[table]?.Keys).toEqual([Keys[1]]);
    const second = await client.send(get);
    expect(second.Responses?.[table] ?? []).toEqual([]);
    expect(second.UnprocessedKeys?.[table]?.Keys).toEqual(Keys);
  });

  test('a plan that is a function sees request, retry, operation and input', async () => {
    const seen: string[] = [];
    const client = engine.client();
    const faults = injectFaults(client, ({ attempt, request, retry, operation, input }) => {
      seen.push(`${attempt} ${request} ${retry} ${operation} ${JSON.stringify(input['Key'])}`);
      return attempt === 1 ? { kind: 'drop-before' } : undefined;
    });
    const get = new GetItemCommand({ TableName: table, Key: { id: S('seen') } });
    await client.send(get);
    await client.send(get);

    const key = '{"id":{"S":"seen"}}';
    expect(seen).toEqual([`1 1 0 GetItem ${key}`, `2 1 1 GetItem ${key}`, `3 2 0 GetItem ${key}`]);
    faults.use([{ kind: 'error', name: 'AccessDeniedException' }]);
    expect(faults.log).toEqual([]);
    await expect(client.send(get)).rejects.toThrow('AccessDeniedException, injected');
    expect(faults.log.map(({ attempt }) => attempt)).toEqual([1]);
  });

  test('one handler counts for several clients', async () => {
    const faults = new FaultHandler();
    const get = new GetItemCommand({ TableName: table, Key: { id: S('seen') } });
    for (const client of [engine.client({ faults }), engine.client({ faults })]) {
      await client.send(get);
    }
    expect(faults.log.map(({ request }) => request)).toEqual([1, 2]);
  });
});
