import type { TransactItem } from '@x/dynamo-core';
import { listOf, nodeModule } from '@x/dynamo-core/mechanism';

/** What a write of a transaction does. */
export type Operation = 'Put' | 'Update' | 'Delete' | 'ConditionCheck';

/** The parts of a write that hold values. */
export type ValueField = 'Item' | 'Key' | 'ExpressionAttributeValues';

/** A write of a transaction as the document client takes it, with native values. */
export type NativeTransactItem = {
  readonly [O in Operation]?: NativeWrite<NonNullable<TransactItem[O]>> | undefined;
};

type NativeWrite<W> = {
  // oxlint-disable-next-line typescript/no-explicit-any -- as the document client has it
  readonly [F in keyof W]: F extends ValueField ? Record<string, any> | undefined : W[F];
};

/** A copy of the writes: what the caller changes later is not seen. */
export function copiesOf(items: readonly NativeTransactItem[]): NativeTransactItem[] {
  return listOf('items', items).map((item) => copyOf(item)) as NativeTransactItem[];
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
