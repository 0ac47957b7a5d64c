import { N, numberOf, stringOf, type Item, type TableDefinition } from '@x/dynamo-core';
import { metaIn, registers } from '@x/dynamo-core/mechanism';

/** The table behind `DynamoSemaphore`: one row for each key, for about two weeks after its last use. */
export const semaphoresTable: TableDefinition = {
  name: 'semaphores',
  partitionKey: { name: 'key', type: 'S' },
  ttlAttribute: 'purgeAt',
};

/** The registers of a row: ids of the places that were given back last. */
export const released: readonly string[] = registers('r', 16);

/** The attribute with the end of a place's lease. */
export const endName = (id: string): string => `e.${id}`;
/** The attribute with what its holder says. */
export const metaName = (id: string): string => `h.${id}`;

/** The attribute with a place's fence: that of the row is the latest holder's. */
export const fenceName = (id: string): string => `f.${id}`;

/** A place that somebody has. */
export interface Place {
  readonly id: string;
  readonly endMs: number;
  /** What its row says of it: the end, and what its holder says. */
  readonly stored: Item;
}

/** A row, read. */
export interface PermitRow {
  readonly taken: number;
  /** The first to end in front. */
  readonly places: readonly Place[];
}

/** Reads a row in wire shape. */
export function readPermitRow(item: Item = {}): PermitRow {
  const places = Object.keys(item)
    .filter((name) => name.startsWith('e.'))
    .map((name) => {
      const id = name.slice(2);
      const said = item[metaName(id)];
      const stored = { [name]: item[name] ?? N(0), ...(said && { [metaName(id)]: said }) };
      return { id, endMs: numberOf(item, name) ?? 0, stored };
    })
    .toSorted((a, b) => a.endMs - b.endMs);
  return { taken: numberOf(item, 'taken') ?? 0, places };
}

/** One who holds a place. */
export interface PermitStatus {
  /** When the lease ends unless it is renewed, in epoch milliseconds by DynamoDB's clock. */
  readonly expiresAtMs: number;
  readonly holder: string | undefined;
  /** What the holder says: the option `info`, or what `renew({ info })` put in its place. */
  readonly info: unknown;
}

/** Those who hold a place at `nowMs`, whose lease ends first in front. */
export function statusesOf(item: Item | undefined, nowMs: number): PermitStatus[] {
  const { places } = readPermitRow(item);
  return places.filter(({ endMs }) => endMs > nowMs).map((place) => statusOf(item, place));
}

/** Who holds a place. */
export function statusOf(item: Item | undefined, { id, endMs }: Place): PermitStatus {
  const { holder, info } = metaIn(stringOf(item, metaName(id)));
  return { expiresAtMs: endMs, holder, info };
}
