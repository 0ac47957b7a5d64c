import type { Put, PutItemCommandInput } from '@aws-sdk/client-dynamodb';

import { checkItemKey } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { acceptItem } from '../values/accept-value.js';
import { checkItemSize, planCondition, type WritePlan } from './write-plan.js';

/** A put: the item replaces whatever was there. */
export function planPut(database: Database, input: Put | PutItemCommandInput): WritePlan {
  const item = acceptItem(input.Item, 'Item');
  checkItemSize(item);
  return {
    ...planCondition(database, input),
    source: item,
    keyIn: (table) => table.keyOf(checkItemKey(table, item)),
    after: () => item,
    paths: [],
  };
}
