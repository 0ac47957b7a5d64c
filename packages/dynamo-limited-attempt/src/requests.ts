import {
  N,
  S,
  type AttributeValue,
  type DynamoInput,
  type Item,
  type PartitionedRows,
} from '@x/dynamo-core';

import type { Step } from './algorithm.js';
import { contextAttribute, expiryOf, idAttributes } from './attempt-row.js';
import type { ResolvedLimit } from './limits.js';
import { hasBlock } from './verdict.js';

/** Where the attempts of a key are kept. */
export interface RowAddress {
  readonly rows: PartitionedRows;
  readonly key: Item;
  readonly label: string;
}

/** An attempt as it is counted. */
export interface AttemptWrite {
  readonly id: string;
  readonly nowMs: number;
  readonly limits: readonly ResolvedLimit[];
  readonly context: string | undefined;
  /** Whether a window begins with it: its id and its context replace those of the row. */
  readonly begins: boolean;
  /** What becomes of what the original stored. */
  readonly data: 'kept' | 'removed' | AttributeValue;
}

/** The row that a change was computed from: nothing else may have changed it since. */
export interface Pin {
  /** The id of the latest change; `undefined` for a row that is not ours. */
  readonly newestId: string | undefined;
  /** What the original stored there. */
  readonly data: AttributeValue | undefined;
}

interface Change {
  readonly sets: readonly string[];
  readonly removes?: readonly string[];
  readonly conditions: readonly string[];
  readonly values: Item;
}

/** Counts an attempt by the steps of its limits, without having read the row. */
export function countBySteps(
  address: RowAddress,
  attempt: AttemptWrite,
  steps: readonly Step[],
): DynamoInput<'UpdateItem'> {
  const parts = steps.map((step, index) => forLimit(step, attempt.limits[index]?.suffix ?? ''));
  const common = attemptChange(attempt);
  return updateRow(address, {
    sets: [...parts.flatMap(({ sets }) => sets), ...common.sets],
    removes: [...parts.flatMap(({ removes = [] }) => removes), ...(common.removes ?? [])],
    // A row that the original wrote over ours has its data and none of our ids.
    conditions: [
      '(attribute_exists(r0) OR attribute_not_exists(#data))',
      ...parts.map(({ condition }) => condition),
      ...common.conditions,
    ],
    values: Object.assign({}, common.values, ...parts.map(({ values }) => values)) as Item,
  });
}

/** Counts an attempt by writing the states that it leads to, if the row is still the one read. */
export function countFromRead(
  address: RowAddress,
  attempt: AttemptWrite,
  states: Item,
  pin: Pin,
): DynamoInput<'UpdateItem'> {
  return updateRow(address, pinned(pin, withStates(states, attemptChange(attempt))));
}

/** Writes the states without an attempt that is given back, if the row is still the one read. */
export function writeGivenBack(
  address: RowAddress,
  id: string,
  states: Item,
  pin: Pin,
): DynamoInput<'UpdateItem'> {
  return updateRow(address, pinned(pin, withStates(states, remember(id))));
}

/** A block, and the window in which it begins: one of ours, or one in the original's data. */
export interface Block {
  readonly window: { readonly name: 'window' | 'data'; readonly value: AttributeValue };
  readonly nowMs: number;
  readonly untilMs: number;
}

/** Refuses every attempt until then, unless another window has begun or a block is running. */
export function blockRow(
  address: RowAddress,
  { window, nowMs, untilMs }: Block,
): DynamoInput<'UpdateItem'> {
  return updateRow(address, {
    sets: ['#blockedUntil = :until'],
    conditions: [`#${window.name} = :window`, isNotBlocked],
    values: { ':until': N(untilMs), ':window': window.value, ':blockNow': N(nowMs) },
  });
}

/** Deletes the row; if a window is given, only while it is the row's. */
export function deleteRow(address: RowAddress, window?: string): DynamoInput<'DeleteItem'> {
  return {
    ...target(address),
    ...(window !== undefined && {
      ConditionExpression: '#window = :window',
      ExpressionAttributeNames: { '#window': 'window' },
      ExpressionAttributeValues: { ':window': S(window) },
    }),
  };
}

/** Reads the row, after all writes that were acknowledged. */
export function readRow(address: RowAddress): DynamoInput<'GetItem'> {
  return { ...target(address), ConsistentRead: true };
}

const isNotBlocked = '(attribute_not_exists(#blockedUntil) OR #blockedUntil <= :blockNow)';

/** Moves the remembered ids one place on and puts the new one in front. */
const shiftIds = idAttributes
  .map((name, index) =>
    index === 0 ? `${name} = :id` : `${name} = if_not_exists(${idAttributes[index - 1]}, :none)`,
  )
  .join(', ');
const isNotRemembered = `NOT :id IN (${idAttributes.join(', ')})`;

function remember(id: string): Change {
  return {
    sets: [shiftIds],
    conditions: [isNotRemembered],
    values: { ':id': S(id), ':none': S('') },
  };
}

/** What every attempt changes beside the states of its limits. */
function attemptChange({ id, nowMs, limits, context, begins, data }: AttemptWrite): Change {
  const blocks = hasBlock(limits);
  const remembered = remember(id);
  const window = begins
    ? ['#window = :id', '#context = :context']
    : ['#window = if_not_exists(#window, :id)', '#context = if_not_exists(#context, :context)'];
  const isMirrored = typeof data === 'object';
  return {
    sets: [
      ...remembered.sets,
      ...window,
      '#expiresAt = :expiresAt',
      ...(isMirrored ? ['#data = :mirror'] : []),
    ],
    removes: data === 'removed' ? ['#data'] : [],
    conditions: [...remembered.conditions, ...(blocks ? [isNotBlocked] : [])],
    values: {
      ...remembered.values,
      ':context': contextAttribute(context),
      ':expiresAt': expiryOf(limits, nowMs),
      ...(isMirrored && { ':mirror': data }),
      ...(blocks && { ':blockNow': N(nowMs) }),
    },
  };
}

function withStates(states: Item, change: Change): Change {
  const names = Object.keys(states);
  return {
    ...change,
    sets: [...names.map((name) => `#${name} = :new_${name}`), ...change.sets],
    values: {
      ...change.values,
      ...Object.fromEntries(names.map((name) => [`:new_${name}`, states[name]])),
    } as Item,
  };
}

function pinned({ newestId, data }: Pin, change: Change): Change {
  const condition =
    newestId !== undefined
      ? 'r0 = :newest'
      : `attribute_not_exists(r0) AND ${data ? '#data = :data' : 'attribute_not_exists(#data)'}`;
  return {
    ...change,
    conditions: [condition, ...change.conditions],
    values: {
      ...change.values,
      ...(newestId !== undefined && { ':newest': S(newestId) }),
      ...(newestId === undefined && data && { ':data': data }),
    },
  };
}

/** Tells the placeholders of a step apart from those of the other limits. */
function forLimit(step: Step, suffix: string): Step {
  if (suffix === '') return step;
  const renamed = (text: string): string => text.replaceAll(/[#:]\w+/g, `$&${suffix}`);
  return {
    ...step,
    sets: step.sets.map(renamed),
    removes: (step.removes ?? []).map(renamed),
    condition: renamed(step.condition),
    values: Object.fromEntries(
      Object.entries(step.values).map(([name, value]) => [renamed(name), value]),
    ),
  };
}

/** One UpdateItem that answers with the whole row. `#x` is the attribute `x`. */
function updateRow(
  address: RowAddress,
  { sets, removes = [], conditions, values }: Change,
): DynamoInput<'UpdateItem'> {
  const removal = removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : '';
  const update = `SET ${sets.join(', ')}${removal}`;
  const condition = conditions.join(' AND ');
  const names = `${update} ${condition}`.match(/#\w+/g) ?? [];
  return {
    ...target(address),
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(
      names.map((name) => [name, attributeOf(name, address)]),
    ),
    ExpressionAttributeValues: values,
    ReturnValues: 'ALL_NEW',
  };
}

function attributeOf(placeholder: string, { rows }: RowAddress): string {
  return placeholder === '#data' ? rows.mappings.dataFieldName : placeholder.slice(1);
}

function target({ rows, key }: RowAddress): { TableName: string; Key: Item } {
  return { TableName: rows.tableName, Key: key };
}
