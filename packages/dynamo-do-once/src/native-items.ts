import { InvalidInputError, type Item, type TransactItem } from '@x/dynamo-core';
import { listOf, nodeModule } from '@x/dynamo-core/mechanism';

import type { Marshall } from './options.js';

const operations = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const;
type Operation = (typeof operations)[number];
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

/** The writes in wire shape, as they are when this is called. */
export async function toWire(
  items: readonly NativeTransactItem[],
  marshall: Marshall | undefined,
): Promise<TransactItem[]> {
  const copies = listOf('items', items).map((item) => copyOf(item)) as NativeTransactItem[];
  const toItem = marshall === undefined ? await loadMarshall() : marshall;
  return copies.map((item, index) => itemToWire(item, index, toItem));
}

/** As `marshall`, with a name for messages. */
type ToItem = (native: Record<string, unknown>, name: string) => ReturnType<Marshall>;

function itemToWire(item: NativeTransactItem, index: number, toItem: ToItem): TransactItem {
  const [entry, ...more] = Object.entries(item ?? {}).filter(([, write]) => write !== undefined);
  if (more.length > 0 || !operations.includes(entry?.[0] as Operation)) {
    const allowed = 'one of Put, Update, Delete and ConditionCheck';
    throw new InvalidInputError(`items[${index}]`, item, allowed);
  }
  const [operation, write] = entry as [Operation, object];
  const wire: Record<string, unknown> = { ...write };
  for (const field of valueFields) {
    const native = wire[field];
    if (native === undefined) continue;
    wire[field] = toItem(
      native as Record<string, unknown>,
      `items[${index}].${operation}.${field}`,
    );
  }
  return { [operation]: wire };
}

/** Containers are copied; what is none of them stays, to be refused or taken as it is. */
function copyOf(part: unknown, depth = 0): unknown {
  const copy = (inner: unknown): unknown => copyOf(inner, depth + 1);
  // Deeper than DynamoDB takes, as a cycle is.
  if (depth > 40) return part;
  if (Array.isArray(part)) return part.map(copy);
  if (nodeModule('node:util').types.isSet(part)) return new Set(Array.from(part, copy));
  // Not by `slice`: that of a Buffer shares its bytes.
  if (nodeModule('node:util').types.isUint8Array(part)) return new Uint8Array(part);
  if (Object(part) !== part) return part;
  const prototype = Object.getPrototypeOf(part) as object | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return part;
  return Object.fromEntries(Object.entries(part as object).map(([k, v]) => [k, copy(v)]));
}

/** Loaded on first use: who keeps to `doOnce` does not need it. */
async function loadMarshall(): Promise<ToItem> {
  const { documentCodec } = await import('@x/dynamo-core/document-codec');
  return (native, name) => (documentCodec.encode(native, name) as { M: Item }).M;
}
