import { N, type DynamoInput } from '@x/dynamo-core';
import {
  keyAddress,
  registerParts,
  registerValues,
  valueRegisters,
  type Mappings,
} from '@x/dynamo-core/mechanism';
import type { KeyValueField } from '@x/dynamo-kv';

/** The same for each name of the version: `#newest` stands for it. */
const memory = /* @__PURE__ */ registerParts(/* @__PURE__ */ valueRegisters(''));

/** What a touch stores. */
export interface Touch {
  /** What the row remembers it by. */
  readonly id: string;
  readonly endMs: number;
  readonly nowMs: number;
}

/** Moves the end of a session that is there and has not ended, unless the row remembers the touch. */
export function touch(
  table: { readonly tableName: string; readonly mappings: Mappings<KeyValueField> },
  key: string,
  { id, endMs, nowMs }: Touch,
): DynamoInput<'UpdateItem'> {
  const { partitionKeyFieldName, dataFieldName, md5, ttlFieldName } = table.mappings;
  return {
    TableName: table.tableName,
    Key: keyAddress('', key, partitionKeyFieldName).key,
    UpdateExpression: `SET #expiresAt = :end, ${memory.shift}`,
    ConditionExpression: `attribute_exists(#data) AND ${memory.isNew} AND (attribute_not_exists(#expiresAt) OR #expiresAt > :now)`,
    ExpressionAttributeNames: {
      '#data': dataFieldName,
      '#expiresAt': ttlFieldName,
      '#newest': md5,
    },
    ExpressionAttributeValues: {
      ':end': N(Math.ceil(endMs / 1000)),
      ':now': N(Math.floor(nowMs / 1000)),
      ...registerValues(id),
    },
  };
}
