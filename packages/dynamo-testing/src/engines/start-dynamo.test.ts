import { CreateTableCommand, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { startDynamo, startOn } from './start-dynamo.js';

const emitted = vi.spyOn(process, 'emitWarning');

beforeEach(() => {
  emitted.mockImplementation(() => undefined);
  vi.stubEnv('DYNAMODB_ENDPOINT', '');
});

afterEach(() => {
  vi.unstubAllEnvs();
  emitted.mockReset();
});

describe('startDynamo()', () => {
  test.each([
    ['darwin', 'arm64'],
    ['darwin', 'x64'],
    ['win32', 'x64'],
    ['linux', 'arm64'],
  ])('falls back to memory on %s-%s, and says so and what to install', async (platform, arch) => {
    // No Java either.
    vi.stubEnv('JAVA_HOME', '/nowhere');
    await using dynamo = await startOn({ platform, arch }, {});
    expect(dynamo.engine).toBe('memory');
    expect(emitted).toHaveBeenCalledOnce();
    const [message] = emitted.mock.calls[0] ?? [];
    expect(message).toContain(`on ${platform}-${arch}`);
    expect(message).toContain(`the npm package @dynoxide/${platform}-${arch}`);
    expect(message).toContain('for dynamodb-local, provide Java 17 or later (none was found)');
    expect((await dynamo.client().send(new ListTablesCommand())).TableNames).toEqual([]);
  });

  test('falls back from an engine that does not come up, and says what it said', async () => {
    await using dynamo = await startOn(process, { readyMsMax: 0 });
    expect(dynamo.engine).toBe('memory');
    const [message] = emitted.mock.calls[0] ?? [];
    expect(message).toMatch(/is there, but: Cannot start .*: no answer within 0 ms/);
  });

  test('does not fall back from an engine that was asked for by name', async () => {
    const starting = startOn({ platform: 'win32', arch: 'arm64' }, { engine: 'dynoxide' });
    await expect(starting).rejects.toThrow('provide the npm package @dynoxide/win32-arm64');
  });

  test('takes memory by name without a warning, and each start has tables of its own', async () => {
    const [one, two] = await Promise.all([
      startDynamo({ engine: 'memory' }),
      startDynamo({ engine: 'memory' }),
    ]);
    onTestFinished(async () => {
      await Promise.all([one.stop(), two.stop()]);
    });
    expect(emitted).not.toHaveBeenCalled();
    await one.client().send(
      new CreateTableCommand({
        TableName: 'rows',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    const get = new GetItemCommand({ TableName: 'rows', Key: { id: { S: 'a' } } });
    expect((await one.client().send(get)).Item).toBeUndefined();
    await expect(two.client().send(get)).rejects.toThrow('Requested resource not found');
  });
});
