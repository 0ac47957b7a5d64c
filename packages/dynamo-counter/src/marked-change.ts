import {
  KeyCollisionError,
  N,
  S,
  stringOf,
  TokenReusedError,
  type DynamoInput,
  type Item,
  type TransactItem,
} from '@x/dynamo-core';
import {
  cancellationReasons,
  digestOf,
  expirySeconds,
  filledIn,
  isNewToken,
  readItem,
  tokenId,
  transactWrite,
  writeConditionally,
  type BatchKey,
} from '@x/dynamo-core/mechanism';

import type { ChangeCall, Changed, RefusedTry, Try } from './apply-change.js';
import { countIn, namesOf } from './count-rows.js';
import { counterAttributes, idRegisters } from './counter-row.js';
import { knows } from './refused-change.js';
import { seconds, type ChangeId } from './requests.js';

/** What a row remembers a change with a token by: also what the token is used for. */
export function changeId(token: string, usedFor: string, amount: bigint): ChangeId {
  const id = tokenId(token, [usedFor, String(amount)]);
  return { ...id, isNew: { expression: asksForToken, values: { ':token': S(id.id) } } };
}

const asksForToken = /* @__PURE__ */ isNewToken(idRegisters);

/** The shard of a token. */
export function shardOf(token: string, shards: number): number {
  const hash = Buffer.from(digestOf(token), 'base64url').readUInt32BE();
  return Math.floor((hash / 2 ** 32) * shards);
}

/** The name of the row of a token: the hash of the counter's key and the token. */
export function markerName(counterKey: Item, token: string): string {
  return `#${digestOf([counterKey, token])}`;
}

/** The row of a token, which is put where there is none or one that has expired. */
interface Marker extends Pick<BatchKey, 'key' | 'displayKey'> {
  readonly put: DynamoInput<'PutItem'> & { readonly Item: Item };
  /** What the token was used for. */
  readonly change: string;
}

const conditionFailed = 'ConditionalCheckFailed';
const asksForRow = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

/**
 * One try of a change that a row of its own remembers too: one transaction, and a consistent read,
 * because a transaction does not answer with the count.
 */
export async function sendMarkedChange(
  call: ChangeCall,
  build: () => Try,
): Promise<Changed | RefusedTry> {
  const { signal } = call;
  const { transport, tableName, random } = call.table;
  const read = (key: Item): Promise<Item | undefined> =>
    readItem({ transport, tableName, key }, true, { signal });
  let tried!: Try;
  let marker!: Marker;
  const items = (): TransactItem[] => {
    tried = build();
    marker = markerOf(call, tried);
    const { ReturnValues: _notInTransactions, ...input } = tried.input;
    const update = input as NonNullable<TransactItem['Update']>;
    return [{ Update: { ...update, ...asksForRow } }, { Put: { ...marker.put, ...asksForRow } }];
  };
  try {
    await transactWrite(items, { transport, random, signal });
  } catch (error) {
    const [ofCounter, ofMarker] = cancellationReasons(error, signal) ?? [];
    const isMarked = ofMarker?.code === conditionFailed;
    if (!isMarked && ofCounter?.code !== conditionFailed) throw error;
    const { key, displayKey } = tried.target;
    if (isMarked) {
      checkMarker(marker, ofMarker.item ?? (await read(marker.key)), displayKey);
    } else {
      const item = ofCounter?.item ?? (await read(key));
      if (!knows(item, call, displayKey)) return { outcome: 'refused', item, tried };
      // Only the counter remembers the token, for less long than was asked for.
      const options = { mustExist: marker.key, signal };
      const kept = await writeConditionally(transport, 'PutItem', marker.put, options);
      if (kept.outcome === 'refused') checkMarker(marker, kept.item, displayKey);
    }
  }
  const { key, displayKey } = tried.target;
  return { outcome: 'changed', displayKey, count: countIn(await read(key), displayKey) ?? 0n };
}

function markerOf(
  { table, id, token = '', tokenTtlSeconds }: ChangeCall,
  { target, timed }: Try,
): Marker {
  const { key, displayKey } = target.markerAt((counterKey) => markerName(counterKey, token));
  const { owner, tableName, clock } = table;
  const entry = id?.entry ?? '';
  const put = {
    TableName: tableName,
    Item: {
      ...key,
      ...(owner && { [owner.name]: S(owner.value) }),
      [counterAttributes.kind]: S('token'),
      [counterAttributes.change]: S(entry),
      [counterAttributes.expiresAt]: N(expirySeconds({ ttlSeconds: tokenTtlSeconds }, clock) ?? 0),
    },
    ConditionExpression: 'attribute_not_exists(#key) OR #expiresAt <= :now',
  };
  const filled = filledIn(put, namesOf(target), { ':now': seconds(timed.nowMs) });
  return { key, displayKey, put: filled, change: entry };
}

/** Throws unless the row is that of a token, which was used for the same change. */
function checkMarker(marker: Marker, item: Item | undefined, displayKey: string): void {
  if (stringOf(item, counterAttributes.kind) !== 'token') {
    throw new KeyCollisionError(marker.displayKey, 'a counter keeps a token there');
  }
  if (stringOf(item, counterAttributes.change) !== marker.change)
    throw new TokenReusedError(displayKey);
}
