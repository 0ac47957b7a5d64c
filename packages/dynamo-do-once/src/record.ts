import { numberOf, stringOf, type AttributeValue, type EpochMS, type Item } from '@x/dynamo-core';
import { expiryMs, registers } from '@x/dynamo-core/mechanism';

/** The attributes of a row beside its key and its data. */
export const attributes = {
  owner: 'owner',
  lease: 'lease',
  started: 'started',
  hash: 'hash',
  result: 'result',
  failure: 'failure',
  waiters: 'waiters',
  expiresAt: 'expiresAt',
} as const;

/** The expiry of a claim that is never taken over: the last second of the year 9999. */
export const neverSeconds = 253_402_300_799;

/** The owners before the present one, from which the claim was taken over: the latest first. */
export const earlierOwners: readonly string[] = registers('o', 4).slice(1);

/** What is stored of an error. */
export interface StoredError {
  readonly name: string;
  readonly message: string;
}

/** What is stored about an action: a claim of somebody who works on it, or that it is done. */
export interface DoOnceRecord {
  readonly done: boolean;
  /** When it was done; `undefined` while it is not, and on old rows that hold something else. */
  readonly at: EpochMS | undefined;
  /** The id of the call that claimed or did it; `undefined` on rows of the original. */
  readonly owner: string | undefined;
  readonly startedAtMs: EpochMS | undefined;
  /** When the claim ends, by the clock of its owner. */
  readonly leaseEndsAtMs: EpochMS | undefined;
  /** Whether the claim is taken over after its end: not with `takeover: false`. */
  readonly takeover: boolean;
  /** The hash of the payload, where one was given. */
  readonly payloadHash: string | undefined;
  /** The result as it is stored, where it is. */
  readonly result: AttributeValue | undefined;
  /** The error with which it has failed for good, where it has. */
  readonly storedError: StoredError | undefined;
  /** From when on the row does not count; at the end of the year 9999 with `takeover: false`. */
  readonly expiresAtMs: EpochMS | undefined;
}

/** What a row says. */
export function recordOf(item: Item, dataName: string): DoOnceRecord {
  const data = item[dataName];
  const expiresAt = numberOf(item, attributes.expiresAt);
  return {
    done: data !== undefined,
    at: momentOf(data),
    owner: stringOf(item, attributes.owner),
    startedAtMs: numberOf(item, attributes.started),
    leaseEndsAtMs: numberOf(item, attributes.lease),
    takeover: expiresAt !== neverSeconds,
    payloadHash: stringOf(item, attributes.hash),
    result: item[attributes.result],
    storedError: storedErrorOf(item[attributes.failure]),
    expiresAtMs: expiryMs(expiresAt),
  };
}

/** Whether both the row and a call have a payload, and not the same. */
export function isOther({ payloadHash }: DoOnceRecord, hash: string | undefined): boolean {
  return hash !== undefined && payloadHash !== undefined && payloadHash !== hash;
}

/** The owners of a claim but this one, the present first, as the one who takes it over stores them. */
export function ownersBefore(item: Item, owner: string): string[] {
  const owners = [attributes.owner, ...earlierOwners].map((name) => stringOf(item, name));
  return owners
    .filter((other) => other && other !== owner)
    .slice(0, earlierOwners.length) as string[];
}

function storedErrorOf(stored: AttributeValue | undefined): StoredError | undefined {
  return (
    stored && {
      name: stringOf(stored.M, 'name') ?? '',
      message: stringOf(stored.M, 'message') ?? '',
    }
  );
}

/** The number in the JSON of `data`. Rows of long ago hold a string, which says only "done". */
function momentOf(data: AttributeValue | undefined): EpochMS | undefined {
  const text = data?.S ?? '';
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
