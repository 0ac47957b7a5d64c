import * as sdk from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import type { Command } from './commands.js';

/** What both sides can do. */
export interface Store {
  send(command: never): Promise<unknown>;
}

export type Json = Record<string, unknown>;
type SdkCommands = Record<string, new (input: Json) => object>;

/** What a command leads to, in a form in which equal outcomes are deeply equal. */
export async function outcomeOf(store: Store, command: Command, tableName: string): Promise<Json> {
  const { operation } = command;
  const input = command.input(tableName);
  try {
    const isPaged = operation === 'Scan' || operation === 'Query';
    return isPaged ? await readAll(store, operation, input) : await send(store, operation, input);
  } catch (error) {
    const { name, Item, CancellationReasons } = error as sdk.TransactionCanceledException & {
      Item?: Item;
    };
    const reasons = CancellationReasons?.map(({ Code, Item: shown }) => ({ Code, shown }));
    return canonical({ error: name, Item, reasons });
  }
}

/** One command, answered once. */
async function send(store: Store, operation: string, input: Json): Promise<Json> {
  const Command = (sdk as unknown as SdkCommands)[`${operation}Command`];
  if (!Command) throw new TypeError(`Cannot find the command ${operation}`);
  const { $metadata: _, ...output } = (await store.send(new Command(input) as never)) as Json;
  const { Responses: found, ...others } = canonical(output);
  if (operation !== 'BatchGetItem') return canonical(output);
  // A batch comes back in any order.
  const sorted = Object.entries(found as Record<string, Item[]>).map(([table, items]) => [
    table,
    items.map((item) => JSON.stringify(item)).toSorted(),
  ]);
  return { ...others, Responses: sorted };
}

const pagesMax = 100;

/**
 * All the pages of a query or a scan. The order of a scan is the engine's own, so that only the
 * whole of it can be compared, without the capacities of its pages.
 */
async function readAll(store: Store, operation: string, input: Json): Promise<Json> {
  const pages: Json[] = [];
  let { ExclusiveStartKey } = input;
  do {
    const page = await send(store, operation, { ...input, ExclusiveStartKey });
    if (operation === 'Query') return page;
    pages.push(page);
    ExclusiveStartKey = page['LastEvaluatedKey'];
  } while (ExclusiveStartKey !== undefined && pages.length < pagesMax);
  const items = pages.flatMap(({ Items }) => (Items ?? []) as Item[]);
  return {
    Items: items.map((item) => JSON.stringify(item)).toSorted(),
    Count: pages.reduce((count, page) => count + Number(page['Count']), 0),
    ScannedCount: pages.reduce((count, page) => count + Number(page['ScannedCount']), 0),
  };
}

/** Sorted keys and sets, numbers without trailing zeros, binaries as text. */
export function canonical(value: Json): Json {
  return canonicalOf(value, '') as Json;
}

function canonicalOf(value: unknown, name: string): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  // DynamoDB Local keeps the zeros of a sum: 123.000.
  if ((name === 'N' || name === 'NS') && typeof value === 'string')
    return value.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  if (Array.isArray(value)) {
    const elements: unknown[] = value.map((each) => canonicalOf(each, name));
    return ['SS', 'NS', 'BS'].includes(name) ? elements.toSorted() : elements;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries
      .map(([key, each]): [string, unknown] => [key, canonicalOf(each, key)])
      .toSorted(([one], [two]) => (one < two ? -1 : 1)),
  );
}
