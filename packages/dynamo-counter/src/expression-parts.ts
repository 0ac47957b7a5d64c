import type { Item } from '@x/dynamo-core';

/** A part of an expression, with the placeholders that it uses and no others. */
export interface Part {
  readonly expression: string;
  readonly names: Record<string, string>;
  readonly values: Item;
}

/** All of the conditions that apply. */
export function all(...parts: readonly (Part | undefined)[]): Part {
  const given = parts.filter((part) => part !== undefined);
  return {
    expression: given.map(({ expression }) => expression).join(' AND '),
    names: Object.assign({}, ...given.map(({ names }) => names)) as Part['names'],
    values: Object.assign({}, ...given.map(({ values }) => values)) as Item,
  };
}

/** A condition as the fields of a request. */
export function conditionOf({ expression, names, values }: Part): {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Item;
} {
  return {
    ConditionExpression: expression,
    ExpressionAttributeNames: names,
    // DynamoDB refuses an empty map.
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}
