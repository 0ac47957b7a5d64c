import { ConflictError, S, type CallOptions, type DynamoInput, type Item } from '@x/dynamo-core';
import {
  hasBoth,
  isOnly,
  writeConditionally,
  type ConditionalOutcome,
} from '@x/dynamo-core/mechanism';

import { idRegisters, type CounterAddress } from './counter-row.js';
import { liveCount } from './live-count.js';
import { countName, isOurs, keyName } from './requests.js';
import type { CounterTarget } from './send-change.js';

const attemptsMax = 12;

/**
 * Takes a counter away: with its row where nothing else is there, else out of the row. Others may
 * write or delete the value of the row in between; further attempts are for that.
 */
export async function deleteCount(
  locate: () => CounterTarget,
  { signal }: CallOptions,
): Promise<void> {
  const target = locate();
  const { transport, clock, key, label, dataName } = target;
  const options = { mustExist: key, signal };
  let isShared = false;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const answer: ConditionalOutcome = isShared
      ? await writeConditionally(transport, 'UpdateItem', removeCounter(target), options)
      : await writeConditionally(transport, 'DeleteItem', () => deleteCounter(locate()), options);
    if (answer.outcome === 'applied' || liveCount(answer.item, target, clock.now()) === undefined)
      return;
    isShared = answer.item?.[dataName] !== undefined;
  }
  throw new ConflictError(label, attemptsMax);
}

/** Deletes a row that holds nothing but a counter. That there is no row is right, too. */
export function deleteCounter(at: CounterAddress): DynamoInput<'DeleteItem'> {
  return {
    TableName: at.tableName,
    Key: at.key,
    ConditionExpression: `attribute_not_exists(#key) OR (${isOnly('count')} AND ${isOurs(at)})`,
    ExpressionAttributeNames: { ...keyName(at.key), ...bothNames(at) },
    ExpressionAttributeValues: ownValues(at),
  };
}

/** Takes the counter out of a row that holds a value too. Makes no row where there is none. */
export function removeCounter(at: CounterAddress): DynamoInput<'UpdateItem'> {
  return {
    TableName: at.tableName,
    Key: at.key,
    UpdateExpression: `REMOVE #count, whole, ${idRegisters.join(', ')}`,
    ConditionExpression: `${hasBoth} AND ${isOurs(at)}`,
    ExpressionAttributeNames: bothNames(at),
    ExpressionAttributeValues: ownValues(at),
  };
}

function bothNames({ dataName }: CounterAddress): Record<string, string> {
  return { ...countName, '#data': dataName };
}

function ownValues({ owner, kind }: CounterAddress): Item | undefined {
  if (owner === undefined && kind === undefined) return undefined;
  return { ...(owner && { ':ns': S(owner.value) }), ...(kind && { ':kind': S(kind) }) };
}
