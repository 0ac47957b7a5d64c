import { numberOf, stringOf, type Item, type TableDefinition } from '@x/dynamo-core';
import { registers } from '@x/dynamo-core/mechanism';

/** The table behind `DynamoSemaphore`: one row for each key, for about two weeks after its last use. */
export const semaphoresTable: TableDefinition = {
  name: 'semaphores',
  partitionKey: { name: 'key', type: 'S' },
  ttlAttribute: 'purgeAt',
};

/** The registers of a row: ids of the places that were given back last. */
export const released = registers('r', 16);

/** The attribute with the end of a place's lease. */
export const endName = (id: string): string => `e.${id}`;
/** The attribute with what its holder says. */
export const metaName = (id: string): string => `h.${id}`;

/** A place that somebody has. */
export interface Place {
  readonly id: string;
  readonly endMs: number;
}

/** A row, read. */
export interface PermitRow {
  readonly taken: number;
  readonly fence: number | undefined;
  readonly places: readonly Place[];
}

/** Reads a row in wire shape. */
export function readPermitRow(item: Item | undefined): PermitRow {
  const places = Object.keys(item ?? {})
    .filter((name) => name.startsWith('e.'))
    .map((name) => ({ id: name.slice(2), endMs: numberOf(item, name) ?? 0 }));
  return { taken: numberOf(item, 'taken') ?? 0, fence: numberOf(item, 'fence'), places };
}

/** Who has a place. */
export function holderOf(item: Item | undefined, id: string): string | undefined {
  const text = stringOf(item, metaName(id));
  if (text === undefined) return undefined;
  return (JSON.parse(text) as { holder?: string }).holder;
}
