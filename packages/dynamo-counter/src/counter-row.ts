import type { DynamoInput, Item } from '@x/dynamo-core';
import {
  countsRemembered,
  registers,
  type BatchKey,
  type Connection,
  type PerShape,
  type Registers,
} from '@x/dynamo-core/mechanism';

/** How the attributes of a counter are called, in either table. */
export const counterAttributes = {
  count: 'count',
  /** Shared with a value of the same key, as is the namespace. */
  expiresAt: 'expiresAt',
  namespace: 'ns',
  /** What a row is for whose key is not the caller's alone: `window`, `shard` or `token`. */
  kind: 'kind',
  /** In the row of a token: what it was used for. */
  change: 'change',
} as const;

/** The ids of the latest changes. */
export const idRegisters: Registers = /* @__PURE__ */ registers('c', countsRemembered);

/** Where counters are kept, whose keys are of the type `K`. */
export interface CounterTable<K = never> extends Connection {
  /** Checks a key of the caller, with what a window or a shard adds to it, and says where its row is. */
  readonly address: (key: K, suffix: string, shard: string) => BatchKey;
  /** Where the row of a token with this name is kept for a counter. */
  readonly markerAddress: (key: K, name: string) => BatchKey;
  /** The namespace, where keys of two namespaces can meet: `a` + `b.c`, `a.b` + `c`. */
  readonly owner?: { readonly name: string; readonly value: string } | undefined;
  /** How the value of the same key is called, and its version. */
  readonly dataName: string;
  readonly versionName: string;
  /** The expressions of changes that were made before. */
  readonly expressions: PerShape<Expressions>;
}

/** The row of a counter. */
export interface CounterTarget extends BatchKey {
  readonly table: CounterTable;
  /** What the row is for; `undefined` where its key is the caller's alone. */
  readonly kind?: 'window' | 'shard' | undefined;
  /** The window that the row is for. */
  readonly window?: CountWindow | undefined;
  /** Where the row of a token is kept, whose name is made of the counter's key: one for all shards. */
  readonly markerAt: (nameOf: (counterKey: Item) => string) => BatchKey;
}

/** What is the same in all changes of a shape. */
export type Expressions = Pick<
  DynamoInput<'UpdateItem'>,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames'
>;

/** A window of time. */
export interface CountWindow {
  /** Whether the caller gave a moment of it: it is not that of the moment at which a change is sent. */
  readonly isGiven: boolean;
  /** What its key ends with. */
  readonly suffix: string;
  /** When the next one begins, in milliseconds since 1970. */
  readonly resetAtMs: number;
  /** When its row may be removed, in whole seconds since 1970. */
  readonly endsAtSeconds: number;
}

/** Gives the window of the time that the clock shows, or of a given moment. */
export type WindowOf = () => CountWindow;

/** Gives the row of a counter: a window is one of the time that the clock shows. */
export type Locate = () => CounterTarget;
