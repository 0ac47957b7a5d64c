import { N, type DynamoInput } from '@x/dynamo-core';
import { keyAddress, type Mappings } from '@x/dynamo-core/mechanism';
import type { KeyValueField } from '@x/dynamo-kv';

/** Moves the end of a session that is there and has not ended. */
export function touch(
  table: { readonly tableName: string; readonly mappings: Mappings<KeyValueField> },
  id: string,
  { endMs, nowMs }: { readonly endMs: number; readonly nowMs: number },
): DynamoInput<'UpdateItem'> {
  const { partitionKeyFieldName, dataFieldName, ttlFieldName } = table.mappings;
  return {
    TableName: table.tableName,
    Key: keyAddress('', id, partitionKeyFieldName).key,
    UpdateExpression: 'SET #expiresAt = :end',
    ConditionExpression:
      'attribute_exists(#data) AND (attribute_not_exists(#expiresAt) OR #expiresAt > :now)',
    ExpressionAttributeNames: { '#data': dataFieldName, '#expiresAt': ttlFieldName },
    ExpressionAttributeValues: {
      ':end': N(Math.ceil(endMs / 1000)),
      ':now': N(Math.floor(nowMs / 1000)),
    },
  };
}
