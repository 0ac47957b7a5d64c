import {
  countsRemembered,
  registers,
  type BatchKey,
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

/** The row of a counter, and what else may be there. */
export interface CounterAddress extends BatchKey {
  readonly tableName: string;
  /** The namespace, where keys of two namespaces can meet: `a` + `b.c`, `a.b` + `c`. */
  readonly owner?: { readonly name: string; readonly value: string } | undefined;
  /** What the row is for; `undefined` where its key is the caller's alone. */
  readonly kind?: 'window' | 'shard' | undefined;
  /** How the value of the same key is called, and its version. */
  readonly dataName: string;
  readonly versionName: string;
  /** The expressions of changes that were made before, of this store. */
  readonly expressions: PerShape<ChangeExpressions>;
}

/** What is the same in all changes of a shape. */
export interface ChangeExpressions {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
}
