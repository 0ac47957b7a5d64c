import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';

import type { Fault } from './fault.js';
import type { FaultHandler } from './fault-handler.js';
import { immediateRetries } from './immediate-retries.js';
import { injectFaults } from './inject-faults.js';

const throttled: Fault = { kind: 'error', name: 'ProvisionedThroughputExceededException' };

function clientThatMeets(
  fault: Fault,
  maxAttempts?: number,
): { client: DynamoDBClient; faults: FaultHandler } {
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
    retryStrategy: immediateRetries(maxAttempts),
  });
  onTestFinished(() => client.destroy());
  return { client, faults: injectFaults(client, () => fault) };
}

test('immediateRetries() repeats what the SDK repeats, four attempts in all', async () => {
  const { client, faults } = clientThatMeets(throttled);
  const sending = client.send(new ListTablesCommand());
  await expect(sending).rejects.toMatchObject({ name: throttled.name, $metadata: { attempts: 4 } });
  expect(faults.log.map(({ retry }) => retry)).toEqual([0, 1, 2, 3]);
});

test.each(['TransactionInProgressException', 'ReplicatedWriteConflictException'])(
  'injectFaults() answers with a %s, as the SDK reads it',
  async (name) => {
    const { client, faults } = clientThatMeets({ kind: 'error', name }, 1);
    const error = await client.send(new ListTablesCommand()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expect(faults.log).toHaveLength(1);
  },
);

test('immediateRetries() does not repeat a refusal', async () => {
  const { client, faults } = clientThatMeets({ kind: 'error', name: 'ValidationException' });
  await expect(client.send(new ListTablesCommand())).rejects.toThrow('ValidationException');
  expect(faults.log).toHaveLength(1);
});

test('immediateRetries() takes the number of attempts', async () => {
  const { client, faults } = clientThatMeets({ kind: 'drop-before' }, 2);
  await expect(client.send(new ListTablesCommand())).rejects.toThrow('socket hang up');
  expect(faults.log).toHaveLength(2);
});

test('immediateRetries() never runs out, and never waits', async () => {
  const { client, faults } = clientThatMeets(throttled);
  const startMs = performance.now();
  for (let round = 0; round < 60; round += 1) {
    await expect(client.send(new ListTablesCommand())).rejects.toThrow(throttled.name);
  }
  expect(faults.log).toHaveLength(240);
  expect(performance.now() - startMs).toBeLessThan(4_000);
});
