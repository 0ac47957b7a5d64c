import { N, S, type Item } from '@x/dynamo-core';
import * as fc from 'fast-check';

import type { Command } from './commands.js';

const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
const number = (AttributeName: string) => ({ AttributeName, AttributeType: 'N' as const });
const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' as const });
const range = (AttributeName: string) => ({ AttributeName, KeyType: 'RANGE' as const });

/** A table with a local index and two global ones, each with another projection. */
export const tableWithIndexes = (TableName: string) => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [text('pk'), number('sk'), text('g'), number('r'), text('l')],
  KeySchema: [hash('pk'), range('sk')],
  LocalSecondaryIndexes: [
    {
      IndexName: 'local',
      KeySchema: [hash('pk'), range('l')],
      Projection: { ProjectionType: 'KEYS_ONLY' as const },
    },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'some',
      KeySchema: [hash('g'), range('r')],
      Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: ['x'] },
    },
    { IndexName: 'all', KeySchema: [hash('l')], Projection: { ProjectionType: 'ALL' as const } },
  ],
});

/** An index that `UpdateTable` adds to it, filled from the rows that there are. */
export const addedIndex = {
  AttributeDefinitions: [text('x'), number('r')],
  GlobalSecondaryIndexUpdates: [
    {
      Create: {
        IndexName: 'added',
        KeySchema: [hash('x'), range('r')],
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      },
    },
  ],
};

const Key: fc.Arbitrary<Item> = fc.record({
  pk: fc.constantFrom(S('a'), S('b')),
  sk: fc.constantFrom(N(1), N(2), N(3)),
});
const attributes: fc.Arbitrary<Item> = fc.record(
  {
    g: fc.constantFrom(S('one'), S('two'), S('two'), N(1)),
    r: fc.constantFrom(N(1), N(2), { N: '-0.50' }, N(10), S('1')),
    l: fc.constantFrom(S('m'), S('n'), S('')),
    x: fc.constantFrom(S('u'), S('v')),
    y: fc.constantFrom(S('y'), { L: [N(1)] }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Item>;

function command(operation: string, fields: Record<string, unknown>): Command {
  // dynoxide takes nothing from the table that a local index lacks.
  const isLacking =
    fields['FilterExpression'] !== undefined || fields['ProjectionExpression'] !== undefined;
  const isFiltered = fields['IndexName'] === 'local' && isLacking;
  return {
    operation,
    input: (TableName) => ({ TableName, ...fields }),
    disputedOn: new Set(isFiltered ? ['dynoxide'] : []),
  };
}

const write = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(Key, attributes)
      .map(([key, others]) => command('PutItem', { Item: { ...key, ...others } })),
  },
  Key.map((key) => command('DeleteItem', { Key: key, ReturnValues: 'ALL_OLD' })),
  fc.tuple(Key, fc.constantFrom('g', 'r', 'l', 'x'), attributes).map(([key, name, given]) => {
    const value = given[name];
    return command('UpdateItem', {
      Key: key,
      ExpressionAttributeNames: { '#n': name },
      ReturnValues: 'ALL_NEW',
      ...(value
        ? { UpdateExpression: 'SET #n = :v', ExpressionAttributeValues: { ':v': value } }
        : { UpdateExpression: 'REMOVE #n' }),
    });
  }),
);

const condition = fc.constantFrom(
  { IndexName: 'some', key: 'g', value: S('two') },
  { IndexName: 'some', key: 'g', value: S('two'), more: 'r > :m', bound: N(1) },
  {
    IndexName: 'some',
    key: 'g',
    value: S('one'),
    more: 'r BETWEEN :m AND :m',
    bound: { N: '2.0' },
  },
  { IndexName: 'all', key: 'l', value: S('m') },
  { IndexName: 'local', key: 'pk', value: S('a') },
  { IndexName: 'local', key: 'pk', value: S('a'), more: 'begins_with(l, :m)', bound: S('n') },
  { IndexName: 'added', key: 'x', value: S('u') },
  { IndexName: 'added', key: 'x', value: S('u'), more: 'r < :m', bound: N(3) },
  { IndexName: 'local', key: 'g', value: S('two') },
);
const shown = fc.constantFrom<Record<string, unknown>>(
  {},
  {},
  {},
  { Select: 'COUNT' },
  { Select: 'ALL_PROJECTED_ATTRIBUTES' },
  { ProjectionExpression: 'pk, x' },
);
const filter = fc.constantFrom<string | undefined>(undefined, undefined, 'attribute_exists(x)');
const read = fc
  .record({ shown, filter, Limit: fc.constantFrom(undefined, 1, 2), ConsistentRead: fc.boolean() })
  .chain(({ shown: fields, filter: FilterExpression, Limit, ConsistentRead }) =>
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(condition, fc.boolean()).map(([given, ScanIndexForward]) =>
          command('Query', {
            IndexName: given.IndexName,
            KeyConditionExpression: ['#k = :k', ...('more' in given ? [given.more] : [])].join(
              ' AND ',
            ),
            ExpressionAttributeNames: { '#k': given.key },
            ExpressionAttributeValues: {
              ':k': given.value,
              ...('bound' in given && { ':m': given.bound }),
            },
            ScanIndexForward,
            FilterExpression: given.key === 'x' ? undefined : FilterExpression,
            ConsistentRead: ConsistentRead && given.IndexName === 'local',
            Limit,
            ...fields,
          }),
        ),
      },
      fc
        .constantFrom('some', 'all', 'local', 'added', 'nowhere')
        .map((IndexName) =>
          command('Scan', { IndexName, FilterExpression, Limit, ConsistentRead, ...fields }),
        ),
    ),
  );

/** Writes that meet in few rows, and reads of the indexes. */
export const indexCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: write },
  { weight: 2, arbitrary: read },
);
