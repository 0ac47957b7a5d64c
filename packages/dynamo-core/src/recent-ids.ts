import { S, stringOf } from './attributes.js';
import type { Item } from './transport.js';

/**
 * The memory of a row: attributes that hold the ids of its latest writes, the newest first. Each
 * write makes its id the newest and moves the others one place on, under the condition that the row
 * does not hold it yet. So a repeat recognises itself while fewer other writes came between than
 * there are places. Nothing is read first: DynamoDB takes all operands from the row as it was.
 */
export type Registers = readonly string[];

/** How many writes the rows of counts and of attempts remember. */
export const countsRemembered = 16;
/** How many writes the row of a value remembers. */
export const valuesRemembered = 8;

/** `c0`, `c1`, … */
export function registers(prefix: string, count: number): Registers {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

/** The registers of a value: the attribute of its version, and `v1` to `v7`. */
export function valueRegisters(version: string): Registers {
  return [version, ...registers('v', valuesRemembered).slice(1)];
}

/** Parts of a request that ask and write registers. `#newest` stands for the first of them. */
export interface RegisterParts {
  /** For `SET`: makes `:id` the newest. */
  readonly shift: string;
  /** For the condition: the row does not hold `:id`. */
  readonly isNew: string;
  readonly names: Readonly<Record<'#newest', string>>;
}

/** The expressions for these registers. Constants: make them once per table, not per request. */
export function registerParts(all: Registers): RegisterParts {
  const [newest = '', ...older] = all;
  const places = ['#newest', ...older];
  const shifts = older.map((place, index) => `${place} = if_not_exists(${places[index]}, :none)`);
  return {
    shift: ['#newest = :id', ...shifts].join(', '),
    isNew: `NOT :id IN (${places.join(', ')})`,
    names: { '#newest': newest },
  };
}

/** The values of `:id` and `:none`. */
export function registerValues(id: string): Item {
  return { ':id': S(id), ':none': S('') };
}

/** Whether the write with this id is among the latest of the row. */
export function remembers(item: Item | undefined, all: Registers, id: string): boolean {
  return all.some((name) => stringOf(item, name) === id);
}

/** The id of the latest write; `undefined` where there is none. */
export function newest(item: Item | undefined, [name = '']: Registers): string | undefined {
  return stringOf(item, name);
}
