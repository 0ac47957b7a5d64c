import { ManualClock } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Answering, sdkError, type Request } from '../test/answering.js';
import { createTable, toCloudFormation, type CreateTableOptions } from './create-table.js';
import type { TableDefinition } from './table-definition.js';

const definition: TableDefinition = {
  name: 'things',
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'N' },
  ttlAttribute: 'expiresAt',
};

/** A DynamoDB that needs `polls` descriptions until a table is active. */
class Tables {
  polls = 0;
  invisible = 0;
  exists = false;
  ttl = 'DISABLED';
  ttlAttribute = 'expiresAt';
  keys = ['pk', 'sk'];
  /** How many descriptions say that an old table is being deleted. */
  deleting = 0;
  /** What UpdateTimeToLive answers, after what it does. */
  onUpdate: () => void = () => {};

  answer = ({ operation }: Request): object => {
    switch (operation) {
      case 'CreateTable':
        if (this.exists || this.deleting > 0) throw sdkError('ResourceInUseException');
        this.exists = true;
        return {};
      case 'DescribeTable':
        if (this.deleting-- > 0) return { Table: { TableStatus: 'DELETING' } };
        if (!this.exists || this.invisible-- > 0) throw sdkError('ResourceNotFoundException');
        return {
          Table: {
            TableStatus: this.polls-- > 0 ? 'CREATING' : 'ACTIVE',
            KeySchema: this.keys.map((name) => ({ AttributeName: name })),
            AttributeDefinitions: [
              { AttributeName: 'sk', AttributeType: 'N' },
              { AttributeName: 'pk', AttributeType: 'S' },
            ],
          },
        };
      case 'DescribeTimeToLive':
        return {
          TimeToLiveDescription: {
            TimeToLiveStatus: this.ttl,
            AttributeName: this.ttlAttribute,
          },
        };
      default:
        this.onUpdate();
        this.ttl = 'ENABLING';
        return {};
    }
  };
}

async function run(
  tables: Tables,
  options: CreateTableOptions = {},
  table = definition,
): Promise<{ transport: Answering; clock: ManualClock }> {
  const transport = new Answering(tables.answer);
  const clock = new ManualClock();
  await clock.drive(createTable(transport, table, 't', { clock, ...options }));
  return { transport, clock };
}

describe('createTable()', () => {
  it.each([
    ['definition', undefined, 'keys'],
    ['definition', 'keys', 'keys'],
    ['tableName', definition, undefined],
    ['name', { ...definition, partitionKey: { name: 'key\ud800', type: 'S' } }, 'keys'],
    ['ttlAttribute', { ...definition, ttlAttribute: '' }, 'keys'],
  ])('refuses a bad %s by name, and sends nothing', async (field, described, tableName) => {
    const client = { call: () => Promise.reject(new Error('sent')) };
    const made = createTable(client, described as TableDefinition, tableName as string);
    await expect(made).rejects.toMatchObject({ name: 'InvalidInputError', field });
  });

  it('creates the table on demand, waits until it is active and turns Time to Live on', async () => {
    const tables = new Tables();
    tables.polls = 3;
    const { transport, clock } = await run(tables);
    expect(transport.operations).toEqual([
      'CreateTable',
      ...Array<string>(4).fill('DescribeTable'),
      'DescribeTimeToLive',
      'UpdateTimeToLive',
    ]);
    expect(transport.requests[0]?.input).toEqual({
      TableName: 't',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
    expect(transport.requests.at(-1)?.input).toEqual({
      TableName: 't',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
    expect(clock.monotonic()).toBe(3 * 250);
  });

  it('leaves Time to Live alone where the definition has none', async () => {
    const { transport } = await run(
      Object.assign(new Tables(), { keys: ['pk'] }),
      {},
      {
        name: 'things',
        partitionKey: { name: 'pk', type: 'S' },
      },
    );
    expect(transport.operations).toEqual(['CreateTable', 'DescribeTable']);
  });

  it.each(['ENABLED', 'ENABLING'])('takes a table that exists, its TTL %s', async (ttl) => {
    const tables = Object.assign(new Tables(), { exists: true, ttl });
    const { transport } = await run(tables);
    expect(transport.operations).toEqual(['CreateTable', 'DescribeTable', 'DescribeTimeToLive']);
  });

  it('waits while an old table is being deleted, and creates it anew', async () => {
    const { transport } = await run(Object.assign(new Tables(), { deleting: 2 }));
    expect(transport.operations).toEqual([
      'CreateTable',
      ...Array<string>(3).fill('DescribeTable'),
      'CreateTable',
      'DescribeTable',
      'DescribeTimeToLive',
      'UpdateTimeToLive',
    ]);
  });

  it('creates it anew when the old table is deleted right after the first request', async () => {
    const tables = Object.assign(new Tables(), { deleting: 1 });
    const { answer } = tables;
    tables.answer = (request) => {
      try {
        return answer(request);
      } finally {
        tables.deleting = 0;
      }
    };
    const { transport } = await run(tables);
    expect(transport.operations).toEqual([
      'CreateTable',
      'DescribeTable',
      'CreateTable',
      'DescribeTable',
      'DescribeTimeToLive',
      'UpdateTimeToLive',
    ]);
  });

  it.each([
    [{ keys: ['pk'] }, 'its key is pk (S), not pk (S), sk (N)'],
    [{ keys: ['sk', 'pk'] }, 'its key is sk (N), pk (S), not pk (S), sk (N)'],
    [{ ttl: 'ENABLED', ttlAttribute: 'ttl' }, 'its Time to Live looks at ttl, not expiresAt'],
  ])('refuses a table that exists with %o, and changes nothing', async (changes, message) => {
    const tables = Object.assign(new Tables(), { exists: true, ...changes });
    tables.onUpdate = () => {
      throw new Error('changed');
    };
    await expect(run(tables)).rejects.toMatchObject({
      code: 'TableMismatch',
      tableName: 't',
      message: expect.stringContaining(`Cannot use table "t": ${message}`) as string,
    });
  });

  it('waits for a table that is not visible yet', async () => {
    const tables = new Tables();
    tables.invisible = 2;
    const { clock } = await run(tables);
    expect(clock.monotonic()).toBe(500);
  });

  it('takes it for done when Time to Live was turned on meanwhile', async () => {
    const tables = new Tables();
    tables.onUpdate = () => {
      tables.ttl = 'ENABLED';
      throw sdkError('ValidationException');
    };
    const { transport } = await run(tables);
    expect(transport.operations.slice(-3)).toEqual([
      'DescribeTimeToLive',
      'UpdateTimeToLive',
      'DescribeTimeToLive',
    ]);
  });

  it('passes on why Time to Live cannot be turned on', async () => {
    const tables = new Tables();
    tables.onUpdate = () => {
      throw sdkError('ValidationException');
    };
    await expect(run(tables)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('gives up after waitMsMax', async () => {
    const tables = new Tables();
    tables.polls = 1_000;
    await expect(run(tables, { waitMsMax: 1_000 })).rejects.toMatchObject({
      code: 'TableNotActive',
      tableName: 't',
      message: 'Cannot use table "t": it is CREATING after 1000 ms',
    });
  });

  it('ends with the reason of the signal', async () => {
    const tables = new Tables();
    tables.polls = 1_000;
    const controller = new AbortController();
    const clock = new ManualClock();
    const creating = createTable(new Answering(tables.answer), definition, 't', {
      clock,
      signal: controller.signal,
    });
    const failed = creating.catch((error: unknown) => error);
    await clock.advance(600);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await failed).toBe(reason);
    expect(clock.pendingSleeps).toBe(0);
  });

  it('refuses a wait of nothing, and sends nothing', async () => {
    const transport = new Answering();
    await expect(createTable(transport, definition, 't', { waitMsMax: 0 })).rejects.toMatchObject({
      field: 'waitMsMax',
    });
    expect(transport.requests).toEqual([]);
  });

  it('passes other errors on', async () => {
    const error = sdkError('AccessDeniedException');
    const transport = new Answering(() => Promise.reject(error));
    await expect(createTable(transport, definition, 't')).rejects.toBe(error);
  });
});

describe('toCloudFormation()', () => {
  it('is the same table as a resource', () => {
    expect(toCloudFormation(definition, 'shop.prod.things')).toEqual({
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'shop.prod.things',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      },
    });
  });

  it('leaves the name to the stack, and Time to Live out', () => {
    const { Properties } = toCloudFormation({
      name: 'things',
      partitionKey: { name: 'pk', type: 'S' },
    });
    expect(Object.keys(Properties as object)).toEqual([
      'BillingMode',
      'AttributeDefinitions',
      'KeySchema',
    ]);
  });
});
