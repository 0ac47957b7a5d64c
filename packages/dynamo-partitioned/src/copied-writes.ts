import { InvalidInputError, type AttributeValue } from '@x/dynamo-core';
import {
  checkedOptions,
  tokenId,
  type TokenId,
  type ValueChange,
  type ValueTarget,
} from '@x/dynamo-core/mechanism';

import type { TableRows } from './requests.js';
import type { TransactionWrite, WriteCondition } from './transaction.js';

/** A write as it was given: what the caller changes later is not seen. */
export interface CopiedWrite extends ValueTarget, Pick<ValueChange, 'expiry'> {
  readonly displayKey: string;
  readonly action: TransactionWrite['action'];
  readonly only: WriteCondition | undefined;
  /** What a put stores. */
  readonly data: AttributeValue | undefined;
}

/** Checks a write, and copies and encodes it. */
export async function copyOf(rows: TableRows, write: TransactionWrite): Promise<CopiedWrite> {
  if (!['put', 'remove', 'check'].includes((Object(write) as TransactionWrite).action)) {
    throw new InvalidInputError('a write', write, 'made by put(), remove() or check()');
  }
  checkedOptions(write, write.action === 'put' ? putNames : otherNames, 'a write');
  const { action } = write;
  const only = write.only === undefined ? undefined : { ...write.only };
  if (only !== undefined || action === 'check') {
    const is = Object(only).is as WriteCondition['is'];
    if (!['absent', 'present', 'version'].includes(is)) {
      throw new InvalidInputError('only', write.only, 'ifAbsent, ifExists or ifVersion(version)');
    }
  }
  const { transport, clock, tableName, names, codec } = rows;
  const target = { transport, clock, tableName, names, ...rows.address(write.key), action, only };
  if (action !== 'put') return { ...target, expiry: {}, data: undefined };
  const expiry = { ttlSeconds: write.ttlSeconds, expiresAtMs: write.expiresAtMs };
  return { ...target, expiry, data: await codec.encode(write.data, target.callerKey) };
}

const otherNames = { action: true, key: true, only: true } as const;

const putNames = { ...otherNames, data: true, ttlSeconds: true, expiresAtMs: true } as const;

/**
 * The id of a token, with a digest of what the caller gave, as it is at the call: not of what is
 * stored, which another version of a codec (or of its compression) may spell otherwise.
 */
export async function idsOf(
  rows: TableRows,
  token: string | undefined,
  writes: readonly TransactionWrite[],
): Promise<TokenId> {
  if (token === undefined) {
    const id = rows.random.id();
    return { id, entry: id };
  }
  const asked = writes.map(({ action, key, only, ...put }) => {
    return [action, rows.address(key).callerKey, only, put];
  });
  try {
    return tokenId(token, asked);
  } catch (cause) {
    const allowed = 'without cycles, and nested less deeply';
    throw new InvalidInputError('writes', writes, allowed, { cause, isData: true });
  }
}
