import { N, S, type Item } from '@x/dynamo-core';
import type { EngineName } from '@x/dynamo-testing';
import * as fc from 'fast-check';

import { choose, condition, expressions, projection, update, type Part } from './expressions.js';
import { keyConditions } from './fragments.js';

/** One request, without its table. */
export interface Command {
  readonly operation: string;
  /** The input for a table of this name. */
  readonly input: (tableName: string) => Record<string, unknown>;
  /** The engines that are known to judge it in another way than DynamoDB. */
  readonly disputedOn: ReadonlySet<EngineName>;
}

// Few keys, so that the commands meet.
const partition = fc.constantFrom(S('a'), S('b'));
const key: fc.Arbitrary<Item> = fc.record({
  pk: partition,
  sk: fc.constantFrom(N(1), N(2), { N: '3.0' }),
});
const badKey = fc.constantFrom<Item>(
  {},
  { pk: S('a') },
  { pk: S('a'), sk: S('1') },
  { pk: S(''), sk: N(1) },
  { pk: S('a'), sk: N(1), n: N(1) },
);
const anyKey = fc.oneof({ weight: 30, arbitrary: key }, { weight: 1, arbitrary: badKey });
const number = fc.constantFrom('0', '2', '-1.5', '1e20', '0.000001', '007', '99999999999999999999');
const attributes = fc.record(
  {
    n: fc.oneof(
      number.map((digits) => ({ N: digits })),
      fc.constant(S('not a number')),
    ),
    s: fc.constantFrom(S('x'), S('xyz'), S(''), S('héllo€😀')),
    l: fc.constantFrom({ L: [N(1), N(2)] }, { L: [] }),
    m: fc.constantFrom({ M: { x: N(1), y: { L: [S('q')] } } }, { M: {} }),
    ss: fc.constantFrom({ SS: ['x', 'y'] }, { SS: ['y'] }),
    ns: fc.constantFrom({ NS: ['1', '2'] }, { NS: ['3'] }),
    b: fc.constantFrom({ B: Uint8Array.of(1, 2) }, { B: Uint8Array.of(255) }),
    f: fc.constantFrom({ BOOL: true }, { NULL: true }),
    p: fc.constantFrom(900, 1020, 4090, 9000).map((length) => S('p'.repeat(length))),
  },
  { requiredKeys: [] },
);
const badAttributes = fc.constantFrom<Item>(
  { ss: { SS: [] } },
  { n: { N: 'x' } },
  { s: {} as never },
);
const item: fc.Arbitrary<Item> = fc
  .tuple(
    anyKey,
    fc.oneof({ weight: 30, arbitrary: attributes }, { weight: 1, arbitrary: badAttributes }),
  )
  .map(([keys, others]) => ({ ...others, ...keys }) as Item);

const capacity = fc.constantFrom('TOTAL', 'NONE');
const shown = fc.constantFrom('ALL_OLD', 'NONE');

function command(
  operation: string,
  { fields, disputedOn }: Part,
  others: Record<string, unknown>,
  alsoOn: readonly EngineName[] = [],
): Command {
  return {
    operation,
    input: (TableName) => ({ TableName, ...fields, ...others }),
    disputedOn: new Set([...disputedOn, ...alsoOn]),
  };
}

const writes = fc
  .record({ ReturnConsumedCapacity: capacity, ReturnValuesOnConditionCheckFailure: shown })
  .chain((settings) =>
    fc.oneof(
      fc
        .tuple(
          item,
          condition,
          fc.constantFrom('ALL_OLD', 'ALL_OLD', 'ALL_OLD', 'NONE', 'NONE', 'NONE', 'ALL_NEW'),
        )
        .map(([Item, ConditionExpression, ReturnValues]) =>
          command('PutItem', expressions({ ConditionExpression }), {
            Item,
            ReturnValues,
            ...settings,
          }),
        ),
      fc.tuple(anyKey, condition, shown).map(([Key, ConditionExpression, ReturnValues]) =>
        command('DeleteItem', expressions({ ConditionExpression }), {
          Key,
          ReturnValues,
          ...settings,
        }),
      ),
      fc
        .tuple(
          anyKey,
          update,
          condition,
          fc.constantFrom('ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW', 'NONE'),
        )
        .map(([Key, UpdateExpression, ConditionExpression, ReturnValues]) => {
          const part = expressions({ UpdateExpression, ConditionExpression });
          const text = String(part.fields['UpdateExpression']);
          const isNested = /m\.|l\[/.test(text) && ReturnValues.startsWith('UPDATED');
          return command('UpdateItem', part, { Key, ReturnValues, ...settings }, [
            ...(ReturnValues === 'ALL_OLD' ? (['dynoxide'] as const) : []),
            ...(isNested ? (['dynoxide', 'dynamodb-local'] as const) : []),
            ...(isRemovedTwice(text) ? (['dynoxide'] as const) : []),
          ]);
        }),
    ),
  );

/** dynoxide removes the elements of a list one after the other, by indexes that have moved. */
function isRemovedTwice(update: string): boolean {
  return /REMOVE.*l\[\d\].*l\[\d\]/.test(update);
}

const reads = fc
  .record({ ConsistentRead: fc.boolean(), ReturnConsumedCapacity: capacity })
  .chain((settings) =>
    fc.oneof(
      fc
        .tuple(anyKey, projection)
        .map(([Key, ProjectionExpression]) =>
          command('GetItem', expressions({ ProjectionExpression }), { Key, ...settings }),
        ),
      fc
        .tuple(
          partition.chain((pk) => choose(keyConditions(pk))),
          condition,
          projection,
          fc.boolean(),
          fc.constantFrom(undefined, undefined, undefined, 1, 1, 2, 2, 3, 10, 0),
          fc.constantFrom(undefined, undefined, 'COUNT'),
        )
        .map(([keyCondition, FilterExpression, ProjectionExpression, isForward, Limit, Select]) =>
          command(
            'Query',
            expressions({
              KeyConditionExpression: [keyCondition],
              FilterExpression,
              ProjectionExpression,
            }),
            { ScanIndexForward: isForward, Limit, Select, ...settings },
          ),
        ),
      fc
        .tuple(condition, projection, fc.constantFrom(undefined, 1, 2))
        .map(([FilterExpression, ProjectionExpression, Limit]) =>
          command('Scan', expressions({ FilterExpression, ProjectionExpression }), {
            Limit,
            ...settings,
          }),
        ),
    ),
  );

/** Single-item commands, queries and scans. */
export const singleCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: writes },
  { weight: 3, arbitrary: reads },
);

/** The parts that the commands with many items are made of. */
export const parts = { anyKey, item, capacity, shown };
