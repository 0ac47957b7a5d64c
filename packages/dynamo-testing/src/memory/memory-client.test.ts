import {
  paginateScan,
  ProvisionedThroughputExceededException,
  ReplicatedWriteConflictException,
  ResourceNotFoundException,
  TransactionInProgressException,
  waitUntilTableExists,
  type DynamoDB,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { chaos } from '../faults/chaos.js';
import { immediateRetries } from '../faults/immediate-retries.js';
import { memoryClient } from './memory-client.js';
import { MemoryDynamo } from './memory-dynamo.js';
import { UnsupportedFeatureError } from './service-errors.js';

const TableName = 'rows';
const Item = { id: { S: 'a' }, bytes: { B: Uint8Array.of(1, 255) } };

describe('memoryClient()', () => {
  let memory: MemoryDynamo;
  let client: DynamoDB;

  beforeEach(() => {
    memory = new MemoryDynamo();
    memory.createTable({ name: TableName, partitionKey: { name: 'id', type: 'S' } });
    client = memoryClient(memory);
  });

  test('is a document client, pages and waits', async () => {
    const documents = DynamoDBDocumentClient.from(client);
    await documents.send(new PutCommand({ TableName, Item: { id: 'a', n: 1, at: null } }));
    const { Item: found } = await documents.send(new GetCommand({ TableName, Key: { id: 'a' } }));
    expect(found).toEqual({ id: 'a', n: 1, at: null });
    await client.putItem({ TableName, Item: { id: { S: 'b' } } });
    const sizes: number[] = [];
    for await (const { Count = 0 } of paginateScan({ client, pageSize: 1 }, { TableName })) {
      sizes.push(Count);
    }
    expect(sizes).toEqual([1, 1, 0]);
    const waited = await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
    expect(waited.state).toBe('SUCCESS');
  });

  test('gives bytes, dates and the id of the request back', async () => {
    await client.putItem({ TableName, Item });
    const { Item: found, $metadata } = await client.getItem({
      TableName,
      Key: { id: { S: 'a' } },
    });
    expect(found).toEqual(Item);
    expect($metadata.requestId).toMatch(/^[A-Z0-9]{52}$/);
    const { Table } = await client.describeTable({ TableName });
    expect(Table?.CreationDateTime).toBeInstanceOf(Date);
  });

  test('answers with what another copy of the package, or another transport, refuses', async () => {
    vi.resetModules();
    const { MemoryDynamo: Other } = await import('./memory-dynamo.js');
    const other = memoryClient(new Other());
    await expect(other.describeTable({ TableName })).rejects.toThrow(ResourceNotFoundException);
    const lossy = chaos(new Other(), { seed: 1, lostResponses: 1 });
    const refused = lossy.call('DescribeTable', { TableName });
    await expect(refused).rejects.toMatchObject({ code: 'ECONNRESET' });
    const { FaultHandler } = await import('../faults/fault-handler.js');
    const faults = new FaultHandler([{ kind: 'drop-before' }]);
    const retried = memoryClient(memory, { faults, retryStrategy: immediateRetries() });
    await retried.listTables({});
    expect(faults.log.map(({ fault }) => fault.kind)).toEqual(['drop-before', 'pass']);
  });

  test('warns of nothing', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const faults = [{ kind: 'drop-before' as const }];
    const other = memoryClient(memory, { faults, retryStrategy: immediateRetries() });
    // The SDK warns once in a minute.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
    await other.putItem({ TableName, Item });
    await client.getItem({ TableName, Key: { id: { S: 'a' } } });
    expect(warn.mock.calls).toEqual([]);
    warn.mockRestore();
    vi.useRealTimers();
  });

  test('throws the exceptions of the SDK', async () => {
    const missing = client.getItem({ TableName: 'nowhere', Key: { id: { S: 'a' } } });
    await expect(missing).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  test('throws what is not emulated as it is', async () => {
    const statement = client.executeStatement({ Statement: 'SELECT * FROM rows' });
    await expect(statement).rejects.toMatchObject({ feature: 'ExecuteStatement' });
    const old = client.scan({ TableName, AttributesToGet: ['id'] });
    await expect(old).rejects.toBeInstanceOf(UnsupportedFeatureError);
  });

  test('throws a fault of the transport as it is', async () => {
    const broken = new RangeError('ours');
    const failing = memoryClient({ call: () => Promise.reject(broken) });
    await expect(failing.listTables({})).rejects.toBe(broken);
  });

  test.each([
    ['ReplicatedWriteConflictException', ReplicatedWriteConflictException],
    ['TransactionInProgressException', TransactionInProgressException],
  ])('meets the fault %s as the SDK has it', async (name, Exception) => {
    const faulty = memoryClient(memory, {
      faults: [{ kind: 'error', name }],
      maxAttempts: 1,
    });
    await expect(faulty.putItem({ TableName, Item })).rejects.toBeInstanceOf(Exception);
    expect(memory.rows(TableName)).toEqual([]);
  });

  test('repeats what chaos() throttles, by the retries of the SDK', async () => {
    const always = chaos(memory, { seed: 1, throttles: 1 });
    const busy = memoryClient(always, { retryStrategy: immediateRetries() });
    const put = busy.putItem({ TableName, Item });
    await expect(put).rejects.toBeInstanceOf(ProvisionedThroughputExceededException);
    expect(always.log().split('\n')).toHaveLength(1 + 4);
  });

  test('ends a request that is never answered with its signal, or its bound', async () => {
    const silent = memoryClient(chaos(memory, { seed: 1, silence: 1 }), { maxAttempts: 1 });
    const aborting = new AbortController();
    const waiting = silent.getItem(
      { TableName, Key: { id: { S: 'a' } } },
      {
        abortSignal: aborting.signal,
      },
    );
    setImmediate(() => aborting.abort());
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    const bounded = silent.getItem({ TableName, Key: { id: { S: 'a' } } }, { requestTimeout: 5 });
    await expect(bounded).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('refuses to be sent elsewhere', () => {
    const options = { endpoint: 'https://dynamodb.us-east-1.amazonaws.com' } as object;
    expect(() => memoryClient(memory, options)).toThrow(InvalidInputError);
  });

  test('takes options that are undefined, and no text or null in the place of options', () => {
    const options = { endpoint: undefined, faults: undefined } as object;
    expect(() => memoryClient(memory, options)).not.toThrow();
    for (const bad of [null, 'eu-west-1', 5]) {
      expect(() => memoryClient(memory, bad as never)).toThrow(InvalidInputError);
    }
  });
});
