import { N, type DynamoInput, type Item } from '@x/dynamo-core';

/** What the original's `incr` sends. Ours take whole numbers only. */
export function addFraction(tableName: string, key: Item, by: number): DynamoInput<'UpdateItem'> {
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: 'ADD #count :by',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':by': N(by) },
    ReturnValues: 'UPDATED_NEW',
  };
}
