import type { Clock } from '@x/dynamo-core';

import { ExpressionCache } from '../expressions/expression-cache.js';
import { tableExists, tableNotFound, validationError } from '../service-errors.js';
import type { Table } from './table.js';
import { TransactionTokens } from './transaction-tokens.js';

const tableNamePattern = /^[A-Za-z0-9_.-]{3,255}$/;

/** A name that a table may have. */
export function checkTableName(name: unknown): string {
  if (typeof name === 'string' && tableNamePattern.test(name)) return name;
  throw validationError(
    'TableName must be 3 to 255 characters long and consist of a-z, A-Z, 0-9, _, - and .',
  );
}

/** Everything that one `MemoryDynamo` holds. */
export class Database {
  readonly clock: Clock;
  readonly expressions: ExpressionCache = new ExpressionCache();
  readonly tokens: TransactionTokens;
  readonly #tables = new Map<string, Table>();
  readonly #expires: boolean;

  constructor(clock: Clock, ttl: 'off' | 'on') {
    this.clock = clock;
    this.tokens = new TransactionTokens(clock);
    this.#expires = ttl === 'on';
  }

  /** The table of this name; a missing one is an error. */
  table(name: unknown): Table {
    const table = this.#tables.get(checkTableName(name));
    if (!table) throw tableNotFound(name as string);
    if (this.#expires) table.sweep(this.clock.now());
    return table;
  }

  /** The names of all tables, in their order. */
  tableNames(): string[] {
    return [...this.#tables.keys()].toSorted();
  }

  /** Adds a table. */
  add(table: Table): void {
    if (this.#tables.has(table.name)) throw tableExists(table.name);
    this.#tables.set(table.name, table);
  }

  /** Drops a table with all that is in it. */
  drop(name: string): void {
    this.#tables.delete(name);
  }

  /** Removes the items whose Time to Live has passed from every table. Returns how many. */
  sweep(): number {
    const nowMs = this.clock.now();
    return [...this.#tables.values()].reduce((count, table) => count + table.sweep(nowMs), 0);
  }
}
