import { N, type DynamoInput, type Item } from '@x/dynamo-core';
import {
  countsRemembered,
  registerParts,
  registers,
  type Registers,
  registerValues,
} from '@x/dynamo-core/mechanism';

/** Where the row of a counter remembers its latest changes, those of `@x/dynamo-counter` included. */
export const changeRegisters: Registers = /* @__PURE__ */ registers('c', countsRemembered);
const memory = /* @__PURE__ */ registerParts(changeRegisters);

/** Adds a fraction, which our counters refuse, unless the row remembers the change. */
export function addFraction(
  tableName: string,
  key: Item,
  { by, id }: { readonly by: number; readonly id: string },
): DynamoInput<'UpdateItem'> {
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: `ADD #count :by SET ${memory.shift}`,
    ConditionExpression: memory.isNew,
    ExpressionAttributeNames: { '#count': 'count', ...memory.names },
    ExpressionAttributeValues: { ':by': N(by), ...registerValues(id) },
    ReturnValues: 'UPDATED_NEW',
  };
}
