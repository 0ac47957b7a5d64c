import { inspect } from 'node:util';

import type { AttributeValue, Item } from '@x/dynamo-core';
import { isRegister } from '@x/dynamo-core/mechanism';

/** A row as a person reads it, in words: no types, times as times, remembered ids counted. */
export function readableRow(item: Item): string {
  const entries = Object.entries(item);
  const ids = entries.filter(([name, { S }]) => isRegister(name) && S !== undefined);
  const used = ids.filter(([, { S }]) => S !== '').length;
  const parts = entries
    .filter(([name, { S }]) => !isRegister(name) || S === undefined)
    .filter(([name]) => !name.startsWith('prior'))
    .map(([name, value]) => `${name} ${readableValue(name, value)}`);
  const places = ids.length > 0 ? [`ids of writes ${used} of ${ids.length}`] : [];
  return [...parts, ...places].join(' · ');
}

function readableValue(name: string, { S, N, ...other }: AttributeValue): string {
  if (S !== undefined) return S === '' ? "''" : S;
  if (N !== undefined) return readableNumber(name, N);
  return inspect(other, { depth: 4, breakLength: Infinity });
}

/** Numbers that are times by their name: in seconds, or in milliseconds since 1970. */
function readableNumber(name: string, text: string): string {
  const value = Number(text);
  if (!/(At|AtMs|Until|started)$/.test(name) || value < 1e9) return text;
  return new Date(value < 1e11 ? value * 1000 : value).toISOString().slice(0, 19).replace('T', ' ');
}
