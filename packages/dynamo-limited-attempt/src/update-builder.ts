import type { AttributeValue, DynamoInput, Item } from '@x/dynamo-core';
import type { PartitionedHandle } from '@x/dynamo-core/mechanism';

import { attemptRegisters } from './attempt-row.js';

/**
 * A part of an update. Parts with the same shape have the same text, so that the expressions of a
 * request are put together once for each list of shapes. `#pk`, `#count` and `#data` stand for the
 * partition key, for a count, and for the values of others; `#newest` for the first register.
 */
export interface Part {
  readonly shape: string;
  readonly text: () => PartText;
  readonly values?: Item;
  /** Whether its condition fails where there is no row. */
  readonly needsRow?: true;
}

interface PartText {
  readonly sets?: readonly string[];
  readonly removes?: readonly string[];
  readonly conditions?: readonly string[];
  /** Names of the row that it was computed from. */
  readonly names?: Readonly<Record<string, string>>;
}

/** Puts the parts of an update together: one UpdateItem that answers with the whole row. */
export type BuildUpdate = (key: Item, parts: readonly Part[]) => DynamoInput<'UpdateItem'>;

interface Expressions {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
}

/** So many shapes are kept. There are more only where limits themselves are made up all the time. */
const shapesMax = 500;

/** A builder of updates for a table, with the expressions that it has put together before. */
export function updateBuilder({ tableName, mappings }: PartitionedHandle): BuildUpdate {
  const known = new Map<string, Expressions>();
  const names: Record<string, string> = {
    '#newest': attemptRegisters[0] ?? '',
    '#pk': mappings.partitionKeyFieldName,
    '#count': 'count',
    '#data': mappings.dataFieldName,
  };
  return (key, parts) => {
    let shape = '';
    const values: Item = {};
    for (const part of parts) {
      shape += `${part.shape}|`;
      for (const name in part.values) values[name] = part.values[name] as AttributeValue;
    }
    let expressions = known.get(shape);
    if (expressions === undefined) {
      expressions = expressionsOf(parts, names);
      if (known.size >= shapesMax) known.clear();
      known.set(shape, expressions);
    }
    return {
      TableName: tableName,
      Key: key,
      ...expressions,
      ExpressionAttributeValues: values,
      ReturnValues: 'ALL_NEW',
    };
  };
}

function expressionsOf(parts: readonly Part[], known: Record<string, string>): Expressions {
  const texts = parts.map(({ text }) => text());
  const sets = texts.flatMap((text) => text.sets ?? []).join(', ');
  const removes = texts.flatMap((text) => text.removes ?? []).join(', ');
  const conditions = texts.flatMap((text) => text.conditions ?? []).join(' AND ');
  const all = Object.assign({}, known, ...texts.map(({ names }) => names)) as typeof known;
  const update = `SET ${sets}${removes && ` REMOVE ${removes}`}`;
  const used = `${update} ${conditions}`.match(/#\w+/g) ?? [];
  return {
    UpdateExpression: update,
    ConditionExpression: conditions,
    ExpressionAttributeNames: Object.fromEntries(used.map((name) => [name, all[name] as string])),
  };
}
