import {
  KeyCollisionError,
  stringOf,
  TokenReusedError,
  type Item,
  type TransactItem,
} from '@x/dynamo-core';
import { cancellationReasons, transactWrite, writeConditionally } from '@x/dynamo-core/mechanism';

import { counterAttributes } from './counter-row.js';
import { changeWithMarker, putMarker, type Marker } from './marker-requests.js';
import { getCounter, countIn } from './requests.js';
import {
  knows,
  type Answer,
  type ChangeCall,
  type CounterTarget,
  type Try,
} from './send-change.js';

/** A try of a change whose token has a row of its own. */
type MarkedTry = Try & { readonly marker: Marker };

/**
 * One try of a change that a row of its own remembers too: one transaction, and a consistent read,
 * because a transaction does not answer with the count.
 */
export async function sendMarkedChange(
  { transport, tableName, random }: CounterTarget,
  { change, signal }: ChangeCall,
  build: () => Try,
): Promise<Answer> {
  let tried!: MarkedTry;
  const items = (): TransactItem[] => {
    tried = build() as MarkedTry;
    return changeWithMarker(tried.input, tried.marker, tried.timed.nowMs);
  };
  const read = async (key: Item): Promise<Item | undefined> => {
    const input = getCounter({ tableName, key }, true);
    return (await transport.call('GetItem', input, { signal })).Item;
  };
  try {
    await transactWrite(items, { transport, random, signal });
  } catch (error) {
    const [ofCounter, ofMarker] = cancellationReasons(error) ?? [];
    const isMarked = ofMarker?.code === conditionFailed;
    if (!isMarked && ofCounter?.code !== conditionFailed) throw error;
    const { target, marker, timed } = tried;
    if (isMarked) {
      checkMarker(ofMarker.item ?? (await read(marker.key)), tried);
    } else {
      const item = ofCounter?.item ?? (await read(target.key));
      if (!knows(item, change, target.label)) return { outcome: 'refused', item, tried };
      // Only the counter remembers the token, for less long than was asked for.
      const put = putMarker(marker, timed.nowMs);
      const options = { mustExist: marker.key, signal };
      const kept = await writeConditionally(transport, 'PutItem', put, options);
      if (kept.outcome === 'refused') checkMarker(kept.item, tried);
    }
  }
  const { key, label } = tried.target;
  return { outcome: 'changed', count: countIn(await read(key), label) ?? 0n };
}

const conditionFailed = 'ConditionalCheckFailed';

/** Throws unless the row is that of a token, which was used for the same change. */
function checkMarker(item: Item | undefined, { marker, target }: MarkedTry): void {
  if (stringOf(item, counterAttributes.kind) !== 'token') {
    throw new KeyCollisionError(marker.label, 'a counter keeps a token there');
  }
  if (stringOf(item, counterAttributes.change) !== marker.change) {
    throw new TokenReusedError(target.label);
  }
}
