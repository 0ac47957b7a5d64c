import type { Item } from '@x/dynamo-core';

/** A part of an expression, with the placeholders that it uses and no others. */
export interface Part {
  readonly expression: string;
  readonly names: Record<string, string>;
  readonly values: Item;
}

/** All of the conditions that apply. */
export function all(...parts: readonly (Part | undefined)[]): Part {
  let expression = '';
  const names: Record<string, string> = {};
  const values: Item = {};
  for (const part of parts) {
    if (part === undefined) continue;
    expression += expression === '' ? part.expression : ` AND ${part.expression}`;
    Object.assign(names, part.names);
    Object.assign(values, part.values);
  }
  return { expression, names, values };
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
