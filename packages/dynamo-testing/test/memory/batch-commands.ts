import { N, S, type Item } from '@x/dynamo-core';
import type { EngineName } from '@x/dynamo-testing';
import * as fc from 'fast-check';

import { parts, type Command } from './commands.js';
import { condition, expressions, projection } from './expressions.js';
import type { Fragment } from './fragments.js';

const { anyKey, capacity, item, shown } = parts;

type Build = (tableName: string) => Record<string, unknown>;

function command(operation: string, input: Build, disputedOn: Command['disputedOn']): Command {
  return { operation, input, disputedOn };
}

const batchGet = fc
  .tuple(fc.array(anyKey, { maxLength: 4 }), projection, fc.boolean(), capacity)
  .map(([Keys, ProjectionExpression, ConsistentRead, ReturnConsumedCapacity]) => {
    const { fields, disputedOn } = expressions({ ProjectionExpression });
    return command(
      'BatchGetItem',
      (tableName) => ({
        RequestItems: { [tableName]: { Keys, ConsistentRead, ...fields } },
        ReturnConsumedCapacity,
      }),
      new Set(disputedOn),
    );
  });

const batchWrite = fc
  .tuple(
    fc.array(
      fc.oneof(
        item.map((Item) => ({ PutRequest: { Item } })),
        anyKey.map((Key) => ({ DeleteRequest: { Key } })),
      ),
      { maxLength: 4 },
    ),
    capacity,
  )
  .map(([requests, ReturnConsumedCapacity]) =>
    command(
      'BatchWriteItem',
      (tableName) => ({ RequestItems: { [tableName]: requests }, ReturnConsumedCapacity }),
      new Set(),
    ),
  );

interface Action {
  readonly kind: 'Put' | 'Delete' | 'Update' | 'ConditionCheck';
  readonly fields: Record<string, unknown>;
  readonly disputedOn: readonly EngineName[];
}

// Attributes of their own, because the engines disagree about an update that cannot be applied.
const safeUpdates = [
  { UpdateExpression: 'SET t = :t', ExpressionAttributeValues: { ':t': S('in transaction') } },
  { UpdateExpression: 'ADD tn :t', ExpressionAttributeValues: { ':t': N(1) } },
] as const;

/** dynoxide takes an expression that is invalid for a reason to cancel the transaction. */
function conditionOf(given: readonly Fragment[]): Pick<Action, 'fields' | 'disputedOn'> {
  const { fields, disputedOn } = expressions({ ConditionExpression: given });
  const isInvalid = given.some((fragment) => fragment.isInvalid);
  return { fields, disputedOn: isInvalid ? [...disputedOn, 'dynoxide'] : disputedOn };
}

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.tuple(item, condition, shown).map(([Item, ConditionExpression, asked]): Action => {
    const { fields, disputedOn } = conditionOf(ConditionExpression);
    const ReturnValuesOnConditionCheckFailure = asked;
    return {
      kind: 'Put',
      fields: { Item, ReturnValuesOnConditionCheckFailure, ...fields },
      // dynoxide takes an empty set for a reason to cancel, too.
      disputedOn: Item['ss']?.SS?.length === 0 ? [...disputedOn, 'dynoxide'] : disputedOn,
    };
  }),
  fc.tuple(anyKey, condition, shown).map(([Key, ConditionExpression, asked]): Action => {
    const { fields, disputedOn } = conditionOf(ConditionExpression);
    const ReturnValuesOnConditionCheckFailure = asked;
    const isCheck = ConditionExpression.length > 0 && asked === 'ALL_OLD';
    return {
      kind: isCheck ? 'ConditionCheck' : 'Delete',
      fields: { Key, ReturnValuesOnConditionCheckFailure, ...fields },
      disputedOn,
    };
  }),
  fc.tuple(anyKey, fc.constantFrom(...safeUpdates)).map(([Key, update]): Action => ({
    kind: 'Update',
    fields: { Key, ...update },
    disputedOn: [],
  })),
);

const transactWrite = fc
  .tuple(
    fc.array(action, { minLength: 1, maxLength: 4 }),
    capacity,
    fc.constantFrom(undefined, undefined, 'one', 'two'),
  )
  .map(([actions, ReturnConsumedCapacity, token]) =>
    command(
      'TransactWriteItems',
      (TableName) => ({
        TransactItems: actions.map(({ kind, fields }) => ({ [kind]: { TableName, ...fields } })),
        ReturnConsumedCapacity,
        // A token holds for an account, not for a table.
        ClientRequestToken: token && `${token}${TableName}`.slice(0, 36),
      }),
      new Set<EngineName>([
        ...actions.flatMap(({ disputedOn }) => disputedOn),
        // A key of a wrong shape: DynamoDB Local gives no reasons, dynoxide not always. An item
        // that occurs twice: DynamoDB Local looks at the conditions first.
        ...(isRegular(actions.map(({ fields }) => fields['Key'] ?? keyOf(fields['Item'])))
          ? []
          : (['dynoxide', 'dynamodb-local'] as const)),
      ]),
    ),
  );

const transactGet = fc
  .tuple(fc.array(fc.tuple(anyKey, projection), { minLength: 1, maxLength: 4 }), capacity)
  .map(([reads, ReturnConsumedCapacity]) => {
    const gets = reads.map(([Key, ProjectionExpression]) => ({
      Key,
      ...expressions({ ProjectionExpression }).fields,
    }));
    return command(
      'TransactGetItems',
      (TableName) => ({
        TransactItems: gets.map((get) => ({ Get: { TableName, ...get } })),
        ReturnConsumedCapacity,
      }),
      new Set<EngineName>([
        // dynoxide adds the key to a projection.
        ...(reads.some(([, given]) => given.length > 0) ? (['dynoxide'] as const) : []),
        ...(isRegular(gets.map(({ Key }) => Key)) ? [] : (['dynoxide', 'dynamodb-local'] as const)),
      ]),
    );
  });

/** Complete keys, each of them once. */
function isRegular(keyed: readonly unknown[]): boolean {
  const keys = keyed.map((each) => each as Item);
  const ids = new Set(keys.map(({ pk, sk }) => `${pk?.S} ${Number(sk?.N)}`));
  return (
    ids.size === keys.length &&
    keys.every((each) => each['pk']?.S && each['sk']?.N && Object.keys(each).length === 2)
  );
}

function keyOf(item: unknown): Item {
  const { pk, sk } = item as Item;
  return { ...(pk && { pk }), ...(sk && { sk }) };
}

/** Commands with several items. */
export const batchCommand: fc.Arbitrary<Command> = fc.oneof(
  batchGet,
  batchWrite,
  { weight: 3, arbitrary: transactWrite },
  transactGet,
);
