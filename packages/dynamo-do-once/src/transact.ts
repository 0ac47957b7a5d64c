import { InvalidInputError, type Item, type TransactItem } from '@x/dynamo-core';
import { checkInteger, tell } from '@x/dynamo-core/mechanism';

import { type Call, claimable, cutOf } from './requests.js';
import { checkNotFailed } from './refuse.js';
import type { DoOnceTransaction } from './responses.js';
import { boundHash, channels } from './run.js';
import { doneOf, untilDone } from './mark.js';
import { markTogether } from './mark-together.js';
import type { NativeTransactItem, Operation, ValueField } from './native-items.js';
import type { Marshall } from './options.js';

/** DynamoDB takes a hundred writes, and the mark is one, or two where the claim has a row. */
const itemsMax = 100;

const operations: readonly Operation[] = ['Put', 'Update', 'Delete', 'ConditionCheck'];

const valueFields: readonly ValueField[] = ['Item', 'Key', 'ExpressionAttributeValues'];

/** Applies the writes and the mark together, or finds that it is done. */
export async function transactOnce(
  call: Call,
  items: readonly NativeTransactItem[],
  marshall: Marshall | undefined,
): Promise<DoOnceTransaction> {
  const writes = await toWire(items, marshall);
  const max = itemsMax - (call.settings.separateClaims ? 2 : 1);
  checkInteger('the number of items', writes.length, 1, max);
  checkNames(call, writes);
  const { displayKey } = call.row;
  const attempted = await untilDone(call, async (from) => {
    call.signal?.throwIfAborted();
    const answer = await markTogether(
      call,
      writes,
      () => ({ ...doneOf(call), hash: boundHash(call, from) }),
      () => claimable(call.claims, cutOf(call), from),
    );
    if (answer.outcome === 'taken' && from !== undefined) {
      tell(channels.takeover, call, displayKey, 'taken');
    }
    return answer;
  });
  if (attempted.outcome === 'done') {
    tell(channels.repeat, call, displayKey, 'done');
    checkNotFailed(displayKey, attempted.record);
    return { didAction: false, at: attempted.record.at };
  }
  tell(channels.claim, call, displayKey, 'done');
  return { didAction: true, at: attempted.value.atMs };
}

/** Where the table maps `expiresAt`, that name is ours in every write of the request. */
function checkNames(
  { rows: { tableName, mappings } }: Call,
  writes: readonly TransactItem[],
): void {
  if (mappings.ttlFieldName === 'expiresAt') return;
  for (const write of writes.flatMap((item) => Object.values(item))) {
    const { TableName } = write as { TableName?: string };
    if (TableName !== tableName || !JSON.stringify(write).includes('expiresAt')) continue;
    const allowed = `no writes of "expiresAt" in "${tableName}", which calls it "${mappings.ttlFieldName}"`;
    throw new InvalidInputError('items', 'expiresAt', allowed);
  }
}

/** The writes in wire shape. */
async function toWire(
  items: readonly NativeTransactItem[],
  marshall: Marshall | undefined,
): Promise<TransactItem[]> {
  const toItem = marshall === undefined ? await loadMarshall() : marshall;
  return items.map((item, index) => itemToWire(item, index, toItem));
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

/** Loaded on first use: who brings a `marshall` does not need it. */
async function loadMarshall(): Promise<ToItem> {
  const { documentCodec } = await import('@x/dynamo-core/document-codec');
  return (native, name) => (documentCodec.encode(native, name, -1) as { M: Item }).M;
}
