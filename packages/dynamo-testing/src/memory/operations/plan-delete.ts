import type { ConditionCheck, Delete, DeleteItemCommandInput } from '@aws-sdk/client-dynamodb';

import { checkKey, checkKeyNotEmpty } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { acceptItem } from '../values/accept-value.js';
import { planCondition, type WritePlan } from './write-plan.js';

/** A delete: afterwards there is no row. */
export function planDelete(database: Database, input: Delete | DeleteItemCommandInput): WritePlan {
  return { ...planKeyed(database, input), after: () => undefined, paths: [] };
}

/** A check inside a transaction: the row stays as it is. */
export function planCheck(database: Database, input: ConditionCheck): WritePlan {
  return { ...planKeyed(database, input), after: (before) => before, paths: [] };
}

function planKeyed(
  database: Database,
  input: Delete | DeleteItemCommandInput | ConditionCheck,
): Omit<WritePlan, 'after' | 'paths'> {
  const key = acceptItem(input.Key, 'Key');
  return {
    ...planCondition(database, input),
    checkUpFront: (table) => checkKeyNotEmpty(table, key),
    keyIn: (table) => checkKey(table, key),
  };
}
