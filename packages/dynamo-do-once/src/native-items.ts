import { InvalidInputError, type Item, type TransactItem } from '@x/dynamo-core';

import type { Marshall } from './options.js';

type Operation = 'Put' | 'Update' | 'Delete' | 'ConditionCheck';
/** The parts of a write that hold values. */
const valueFields = ['Item', 'Key', 'ExpressionAttributeValues'] as const;
type ValueField = (typeof valueFields)[number];

/** A write of a transaction as the document client takes it, with native values. */
export type NativeTransactItem = {
  readonly [O in Operation]?: NativeWrite<NonNullable<TransactItem[O]>> | undefined;
};

type NativeWrite<W> = {
  // oxlint-disable-next-line typescript/no-explicit-any -- as the document client has it
  readonly [F in keyof W]: F extends ValueField ? Record<string, any> | undefined : W[F];
};

/** The writes in wire shape. */
export async function toWire(
  items: readonly NativeTransactItem[],
  marshall: Marshall | undefined,
): Promise<TransactItem[]> {
  const toItem = marshall ?? (await loadMarshall());
  return items.map((item, index) => {
    const [entry, ...more] = Object.entries(item).filter(([, write]) => write !== undefined);
    if (entry === undefined || more.length > 0) {
      const allowed = 'one of Put, Update, Delete and ConditionCheck';
      throw new InvalidInputError(`items[${index}]`, item, allowed);
    }
    const [operation, write] = entry;
    return { [operation]: writeToWire(write as Record<string, unknown>, toItem) };
  });
}

function writeToWire(write: Record<string, unknown>, toItem: Marshall): Record<string, unknown> {
  const wire = { ...write };
  for (const field of valueFields) {
    const native = write[field];
    if (native !== undefined) wire[field] = toItem(native as Record<string, unknown>);
  }
  return wire;
}

/** Loaded on first use: who keeps to `doOnce` does not need it. */
async function loadMarshall(): Promise<Marshall> {
  try {
    const { marshall } = await import('@aws-sdk/util-dynamodb');
    return (native): Item => marshall(native, { removeUndefinedValues: true });
  } catch (cause) {
    const allowed = 'given, or @aws-sdk/util-dynamodb installed';
    throw new InvalidInputError('marshall', undefined, allowed, { cause });
  }
}
