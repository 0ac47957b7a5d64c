import type { Clock } from '@x/dynamo-core';

import { ExpressionCache } from '../expressions/expression-cache.js';
import { resourceNotFound, tableExists, tableNotFound } from '../service-errors.js';
import type { Table } from './table.js';
import { TransactionTokens } from './transaction-tokens.js';

/** What a text means does not depend on the database. */
const expressions = new ExpressionCache();

/** Everything that one `MemoryDynamo` holds. */
export class Database {
  readonly clock: Clock;
  readonly expressions: ExpressionCache = expressions;
  readonly tokens: TransactionTokens;
  readonly #tables = new Map<string, Table>();
  readonly #expires: boolean;

  constructor(clock: Clock, ttl: 'off' | 'on') {
    this.clock = clock;
    this.tokens = new TransactionTokens(clock);
    this.#expires = ttl === 'on';
  }

  /** The table of this name, for a request on its items; a missing one is an error. */
  table(name: string | undefined): Table {
    const table = this.find(name);
    if (!table) throw resourceNotFound();
    return table;
  }

  /** The table of this name, for a request on the table itself: the error names it. */
  resource(name: string): Table {
    const table = this.find(name);
    if (!table) throw tableNotFound(name);
    return table;
  }

  /** The table of this name, if there is one. */
  find(name: string | undefined): Table | undefined {
    const table = this.#tables.get(name as string);
    if (table && this.#expires) table.sweep(this.clock.now());
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
