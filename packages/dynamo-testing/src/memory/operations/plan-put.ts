import type { Put, PutItemCommandInput } from '@aws-sdk/client-dynamodb';

import { checkIndexKeys, checkIndexKeysNotEmpty } from '../store/check-index-keys.js';
import { checkItemKey, checkKeyNotEmpty } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { acceptItem } from '../values/accept-value.js';
import { keyOf } from './key-of.js';
import { checkItemSize, planCondition, type WritePlan } from './write-plan.js';

/** A put: the item replaces what was there. */
export function planPut(database: Database, input: Put | PutItemCommandInput): WritePlan {
  const item = acceptItem(input.Item, 'Item');
  const condition = planCondition(database, input);
  checkItemSize(item);
  return {
    ...condition,
    checkUpFront: (table) => {
      checkKeyNotEmpty(table, item);
      checkIndexKeysNotEmpty(table, item);
    },
    keyIn: (table) => {
      const key = keyOf(table, checkItemKey(table, item));
      checkIndexKeys(table, item);
      return key;
    },
    after: () => item,
    paths: [],
  };
}
