import type { AttributeValue, CompoundKey, Item } from '@x/dynamo-core';
import {
  countsRemembered,
  registers,
  type PartitionedHandle,
  type Registers,
} from '@x/dynamo-core/mechanism';

import type { StepText } from './algorithm.js';
import type { Asked, ResolvedLimit } from './limits.js';
import type { AttemptResult, DecisionOptions } from './options.js';

/** The attributes with the ids of the latest changes, the newest first. */
export const attemptRegisters: Registers = registers('r', countsRemembered);

/** The attributes, with those of the algorithms of the first limit. `began` tells a row of ours. */
export const rowAttributes: readonly string[] = [
  'attempts',
  'windowStart',
  'earlier',
  'times',
  'fullAt',
  'tokenNs',
  'began',
  'context',
  'expiresAt',
  'blockedUntil',
  'count',
  'lease',
];

/** One call about a key, with all that it takes. */
export interface KeyCall extends DecisionOptions {
  readonly rows: PartitionedHandle;
  readonly key: Item;
  /** The key as a text of its own; two keys never share one. */
  readonly keyId: string;
  readonly displayKey: string;
  readonly callerKey: CompoundKey;
  /** Of the change: the row remembers it. */
  readonly id: string;
  /**
   * Whole milliseconds since 1970: a change counts at this moment, however long it takes. It becomes
   * another one only where DynamoDB refused a request because the machine's clock is wrong.
   */
  nowMs: number;
  readonly cost: number;
  readonly limits: readonly ResolvedLimit[];
  /** Those that count: one that admits nothing keeps no state. */
  readonly counting: readonly ResolvedLimit[];
  /** As it is kept. That there is none is kept too, or a later one would be taken. */
  readonly context: AttributeValue;
}

/** What a row says about the attempts of a key. */
export interface KnownRow {
  /** The row as it is; in our attributes what the original's says; or nothing, when it expired. */
  readonly item: Item;
  /** The id of the latest change. */
  readonly newest: string | undefined;
  /** Whether all registers are in use. */
  readonly isFull: boolean;
  /** In seconds since 1970. */
  readonly expiresAt: number | undefined;
  /** What the original stored, where the row is one that it wrote. */
  readonly original?: OriginalData;
  /** Where the row has expired, or is only left over: takes it out, but for what is kept. */
  readonly replaced?: (kept: readonly string[]) => Part;
}

/** What the original stored. */
interface OriginalData {
  readonly data: AttributeValue;
  /** What it is to see of a window that it began: the attempts so far, with so many more. */
  readonly mirrored: (cost: number) => Part;
}

/**
 * A part of an update. `#pk`, `#count` and `#data` stand for the partition key, for a count, and for
 * the values of others; `#newest` for the first register.
 */
export interface Part extends Partial<StepText> {
  readonly removes?: string;
  /** Names of the row that it was computed from. */
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Item;
  /** The attributes that it writes as they are to be. */
  readonly state?: Item;
}

/** A row that was changed. `isLatest`: nothing else has changed it since. */
export interface ChangedRow {
  readonly outcome: 'changed';
  readonly row: KnownRow;
  readonly isLatest: boolean;
}

/** What became of a change; `left`: there was nothing to change. */
export type RowChange =
  | ChangedRow
  | { readonly outcome: 'left'; readonly row: KnownRow | undefined };

/** What a row is to become, and whether a request has just found it; `undefined` to leave it. */
export type Plan = (row: KnownRow | undefined, isSeen: boolean) => readonly Part[] | undefined;

/** What the original stored goes. */
export const withoutData: Part = { removes: '#data' };

/** A block that a refusal begins. */
export interface RefusalBlock {
  readonly limit: ResolvedLimit;
  readonly untilMs: number;
}

/** The longest block that a refusal begins: none while one runs, or where it never is admitted. */
export function blockOf(
  { limits: statuses, isBlocked }: AttemptResult,
  { limits, nowMs }: Asked,
): RefusalBlock | undefined {
  if (isBlocked) return undefined;
  let longest: ResolvedLimit | undefined;
  for (const [index, { isAdmitted, retryAfterMs }] of statuses.entries()) {
    const limit = limits[index];
    if (isAdmitted || limit === undefined) continue;
    if (retryAfterMs === undefined) return undefined;
    if (limit.blockMs > (longest?.blockMs ?? 0)) longest = limit;
  }
  return longest && { limit: longest, untilMs: nowMs + longest.blockMs };
}

/** What an attempt came to. */
export interface Decision {
  readonly call: KeyCall;
  readonly result: AttemptResult;
  /** The row that counted it. */
  readonly counted?: ChangedRow | undefined;
}
