import { numberOf, stringOf, type DynamoTransport, type Item } from '@x/dynamo-core';

/** The condition of a row was not met, with the row as the SDK attaches it. */
class ConditionalCheckFailedException extends Error {
  override readonly name = 'ConditionalCheckFailedException';
  readonly Item: Item | undefined;

  constructor(item: Item | undefined) {
    super('The conditional request failed');
    this.Item = item;
  }
}

type Condition = (row: Item | undefined, values: Item) => boolean;

/** The conditions that the scenarios of these tests use, by their text. */
const conditions: Record<string, Condition> = {
  free: (row, values) => {
    const untilMs = numberOf(row, 'untilMs');
    return untilMs === undefined || untilMs <= (numberOf(values, ':now') ?? 0);
  },
  mine: (row, values) => stringOf(row, 'token') === stringOf(values, ':token'),
};

/**
 * A store for the tests of the harness itself, so that they depend on nothing else: `PutItem`,
 * `DeleteItem` and `GetItem` with a few named conditions, and `UpdateItem` as a bare counter.
 */
export function tinyStore(): DynamoTransport {
  const rows = new Map<string, Item>();
  const call = (operation: string, input: object): Promise<object> => {
    const fields = input as {
      readonly Key?: Item;
      readonly Item?: Item;
      readonly ConditionExpression?: string;
      readonly ExpressionAttributeValues?: Item;
    };
    const key = stringOf(fields.Key ?? fields.Item, 'key') ?? '';
    const row = rows.get(key);
    const { ConditionExpression: name, ExpressionAttributeValues: values = {} } = fields;
    const holds = name === undefined || conditions[name]?.(row, values) === true;
    if (!holds) return Promise.reject(new ConditionalCheckFailedException(row));
    if (operation === 'GetItem') return Promise.resolve(row === undefined ? {} : { Item: row });
    if (operation === 'PutItem') rows.set(key, fields.Item ?? {});
    if (operation === 'DeleteItem') rows.delete(key);
    if (operation === 'UpdateItem') {
      rows.set(key, { key: { S: key }, count: { N: String((numberOf(row, 'count') ?? 0) + 1) } });
    }
    return Promise.resolve({});
  };
  return { call } as DynamoTransport;
}
