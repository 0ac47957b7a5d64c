import type { Update, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';

import type { Placeholders } from '../expressions/placeholders.js';
import { resolvePath } from '../expressions/placeholders.js';
import type { Path, UpdateAction } from '../expressions/syntax-tree.js';
import { applyUpdate, checkUpdate } from '../expressions/update-evaluator.js';
import { validationError } from '../service-errors.js';
import { checkUpdatedIndexKeys, emptyUpdate, isIndexKey } from '../store/check-index-keys.js';
import { checkKey, checkKeyNotEmpty, emptyKind, keyAttributes } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import type { Table } from '../store/table.js';
import { acceptItem, checkDepth } from '../values/accept-value.js';
import { pickAttributes } from './key-of.js';
import { checkItemSize, planCondition, type WritePlan } from './write-plan.js';

const tooLarge = 'Item size to update has exceeded the maximum';

/**
 * An update outside a transaction. There DynamoDB counts what the update writes, too, with a few
 * bytes for each of its actions, so that a large row with a short key is refused a little earlier.
 */
export function planSingleUpdate(database: Database, input: UpdateItemCommandInput): WritePlan {
  const plan = planUpdate(database, input);
  const actions = database.expressions.update(input.UpdateExpression)?.tree ?? [];
  const names = [...new Set(plan.paths.map(([first]) => first as string))];
  const cost = actions.reduce((bytes, action) => bytes + actionBytes(action), 3);
  return {
    ...plan,
    after: (before, table) => {
      const after = plan.after(before, table);
      checkItemSize(pickAttributes(after ?? {}, names), tooLarge, cost);
      return after;
    },
  };
}

function actionBytes({ kind, path }: UpdateAction): number {
  if (kind === 'REMOVE' || kind === 'DELETE') return 2;
  return path.some((step) => typeof step === 'number') ? 20 : 19;
}

/** An update: the row is changed in place, or made if there was none. */
export function planUpdate(database: Database, input: Update | UpdateItemCommandInput): WritePlan {
  const key = acceptItem(input.Key, 'Key');
  const update = database.expressions.update(input.UpdateExpression);
  const { placeholders, ...condition } = planCondition(database, input, {
    UpdateExpression: update,
  });
  const actions = update?.tree ?? [];
  const paths = checkUpdate(actions, placeholders);
  const names = new Set(paths.map(([first]) => first as string));
  return {
    ...condition,
    checkUpFront: (table) => {
      checkKeyNotEmpty(table, key);
      checkAssigned(table, actions, placeholders);
    },
    keyIn: (table) => checkKey(table, key),
    after: (before, table) => {
      checkKeyUntouched(table, paths);
      const after = applyUpdate(actions, before ?? key, placeholders);
      checkUpdatedIndexKeys(table, after, names);
      checkItemSize(after, tooLarge);
      if (paths.some((path) => path.length > 1)) checkDepth(after);
      return after;
    },
    paths,
  };
}

function checkKeyUntouched(table: Table, paths: readonly Path[]): void {
  for (const { name } of keyAttributes(table)) {
    if (paths.some(([first]) => first === name)) {
      throw validationError(
        'One or more parameter values were invalid: ' +
          `Cannot update attribute ${name}. This attribute is part of the key`,
      );
    }
  }
}

/** What is seen of the keys of indexes without looking at the row. */
function checkAssigned(
  table: Table,
  actions: readonly UpdateAction[],
  placeholders: Placeholders,
): void {
  for (const action of actions) {
    if (action.kind !== 'SET' || action.operand.kind !== 'value') continue;
    const [name, ...below] = resolvePath(action.path, placeholders);
    const kind = emptyKind(placeholders.values[action.operand.placeholder]);
    if (kind !== undefined && below.length === 0 && isIndexKey(table, name as string)) {
      throw emptyUpdate(kind);
    }
  }
}
