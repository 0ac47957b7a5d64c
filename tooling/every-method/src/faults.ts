import { N, S, type DynamoOperation, type Item } from '@x/dynamo-core';

import type { Fault } from './world.js';

type Loose = Record<string, unknown>;

const writes: readonly DynamoOperation[] = ['PutItem', 'UpdateItem', 'DeleteItem'];

/** An error as the SDK throws it. */
function serviceError(name: string, fields: object = {}): Error {
  return Object.assign(new Error(`${name} of a test`), { name, $fault: 'client', ...fields });
}

/** A row of somebody else, with `text` in all that the packages store. */
function strangerRow(key: Item, text: string): Item {
  return {
    ...key,
    data: S(text),
    owner: S(text),
    context: S(text),
    result: S(JSON.stringify({ text })),
    meta: S(JSON.stringify({ holder: text, info: { text } })),
    hash: S(text),
    error: S(text),
    namespace: S(text),
    began: N(1),
    expiresAt: N(4_000_000_000),
  };
}

function keyOf(input: Loose): Item {
  const { key, partitionKey, sortKey } = (input['Key'] ?? input['Item'] ?? {}) as Item;
  const parts = { key, partitionKey, sortKey };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part)) as Item;
}

function isConditional(operation: DynamoOperation, input: object): boolean {
  return writes.includes(operation) && 'ConditionExpression' in input;
}

/** What a refusal holds: the row, where the request asks for it. */
function refusalOf(input: Loose, text: string): object {
  const isAsked = input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD';
  return isAsked ? { Item: strangerRow(keyOf(input), text) } : {};
}

/** Nothing gets through. */
export function down(): Fault {
  return async () => {
    throw Object.assign(serviceError('TimeoutError'), { code: 'ECONNRESET', $fault: 'server' });
  };
}

/** The first write is refused because of the row of a stranger, who then goes; a transaction always. */
export function refused(text: string): Fault {
  let refusals = 0;
  return (operation, input) => {
    if (operation === 'TransactWriteItems') {
      const { TransactItems = [] } = input as { TransactItems?: Record<string, Loose>[] };
      const reasons = TransactItems.map((item) => ({
        Code: 'ConditionalCheckFailed',
        ...refusalOf(Object.values(item)[0] ?? {}, text),
      }));
      const fields = { CancellationReasons: reasons };
      return Promise.reject(serviceError('TransactionCanceledException', fields));
    }
    if (!isConditional(operation, input) || refusals++ > 0) return undefined;
    return Promise.reject(
      serviceError('ConditionalCheckFailedException', refusalOf(input as Loose, text)),
    );
  };
}

/** All that is read is the row of a stranger, and no write goes past it. */
export function occupied(text: string): Fault {
  const refuse = refused(text);
  return (operation, input) => {
    const loose = input as Loose;
    const row = strangerRow(keyOf(loose), text);
    const key = { key: S('global.x'), partitionKey: S('p'), sortKey: S('n.s') };
    const listed = strangerRow(key, text);
    if (operation === 'GetItem') return Promise.resolve({ Item: row });
    if (operation === 'Query' || operation === 'Scan') {
      return Promise.resolve({ Items: [listed], Count: 1, ScannedCount: 1 });
    }
    if (operation === 'BatchGetItem') {
      const tables = loose['RequestItems'] as Record<string, { Keys: Item[] }>;
      const rows = Object.entries(tables).map(([name, { Keys }]) => [
        name,
        Keys.map((each) => strangerRow(each, text)),
      ]);
      return Promise.resolve({ Responses: Object.fromEntries(rows) as object });
    }
    if (isConditional(operation, input)) {
      return Promise.reject(
        serviceError('ConditionalCheckFailedException', refusalOf(loose, text)),
      );
    }
    return refuse(operation, input);
  };
}

/** Batches make no progress. */
export function unprocessed(): Fault {
  return (operation, input) => {
    const { RequestItems } = input as Loose;
    if (operation === 'BatchWriteItem') return Promise.resolve({ UnprocessedItems: RequestItems });
    if (operation === 'BatchGetItem') return Promise.resolve({ UnprocessedKeys: RequestItems });
    return undefined;
  };
}
