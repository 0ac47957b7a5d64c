import { inspect } from 'node:util';

import type { AttributeValue, Item, Monitoring } from '@x/dynamo-core';

import { monitoringOf } from '../monitoring-of.js';

/** Monitoring that remembers what it is told, as a log would show it. */
export interface Overheard {
  readonly monitoring: Monitoring;
  readonly lines: readonly string[];
}

/** Makes one. */
export function overheard(): Overheard {
  const lines: string[] = [];
  const hear = (...line: readonly unknown[]): void =>
    void lines.push(inspect(line, { depth: Infinity, maxStringLength: null }));
  return { lines, monitoring: monitoringOf(() => hear) };
}

/** Shorter ones are in the words of a line by chance. */
const lengthMin = 5;

/** Throws when a line holds a text that is stored and is no part of a key. */
export function checkOverheard(
  { lines }: Overheard,
  rows: readonly Item[],
  keyNames: readonly string[],
): void {
  const keys = rows.flatMap((row) => keyNames.map((name) => row[name]?.S ?? ''));
  const stored = rows
    .flatMap((row) => Object.entries(row).filter(([name]) => !keyNames.includes(name)))
    .flatMap(([, value]) => textsOf(value))
    .filter((text) => text.length >= lengthMin && !keys.some((key) => key.includes(text)));
  for (const line of lines) {
    const told = stored.find((text) => line.includes(text));
    if (told !== undefined) throw new Error(`A logger was told ${told}, which is stored: ${line}`);
  }
}

function textsOf(value: AttributeValue): string[] {
  if (value.S !== undefined) return [value.S];
  const parts = [...(value.L ?? []), ...Object.values(value.M ?? {})];
  return [...(value.SS ?? []), ...parts.flatMap(textsOf)];
}
