import { EventEmitter } from 'node:events';

import {
  InvalidInputError,
  jsonCodec,
  keysTable,
  stringOf,
  UnreadableRowError,
  type DynamoInput,
  type DynamoOutput,
  type Entry,
  type Item,
} from '@x/dynamo-core';
import {
  clearRows,
  connect,
  entryOf,
  isConditionalCheckFailed,
  keyAddress,
  keyRowMappings,
  locate,
  pages,
  prepare,
  readEntry,
  resolveMappings,
  scanBound,
  send,
  ValueTable,
  writeValue,
  type BatchKey,
} from '@x/dynamo-core/mechanism';
import type { Session, SessionData, Store } from 'express-session';

import { answer } from './answer.js';
import { cookieEndMs, endOf, isSession } from './cookie.js';
import {
  classesOf,
  type ExpressClasses,
  type Generate,
  type SessionRequest,
} from './express-classes.js';
import { resolveOptions, type SessionStoreOptions } from './options.js';
import { idEndingAt, scan, touch, type SessionRows } from './requests.js';

/**
 * Sessions of `express-session` (1.17 and later) and `@fastify/session` in DynamoDB, a row for each.
 *
 * A `get` is one consistent GetItem, `set` and `touch` are one UpdateItem each, `destroy` is one
 * DeleteItem. `all`, `length` and `clear` scan the table, up to `scanRowsMax` rows. Nothing else is
 * sent: the table is not described. A `set` or `touch` whose response is lost and that is repeated does
 * not undo what another request has stored in between.
 *
 * A session ends with its cookie, to the millisecond; one whose cookie has no expiry ends `ttlSeconds`
 * after its last use. A `touch` moves the end alone, and of a session that is still there: one that was
 * destroyed stays so. Every path calls back, once, with the error of the request where it fails; a
 * request that is not answered fails after `requestMsMax`.
 *
 * @example
 * ```ts
 * import { DynamoSessionStore } from '@x/dynamo-session';
 * import session from 'express-session';
 *
 * const store = new DynamoSessionStore({ tableName: 'my-keys', ttlSeconds: 3_600 });
 * const middleware = session({ store, secret: 'a secret', resave: false, saveUninitialized: false });
 * console.log(typeof middleware);
 * ```
 */
// The contract of express-session: a store is an emitter.
export class DynamoSessionStore extends EventEmitter implements Store {
  readonly #rows: SessionRows;
  readonly #values: ValueTable<'id', SessionData>;
  readonly #prefix: string;
  readonly #ttlMs: number;
  readonly #bound: ReturnType<typeof scanBound>;
  #classes: ExpressClasses | undefined;
  /** Set by the middleware: gives a request a new session. */
  declare generate?: Generate;

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: SessionStoreOptions) {
    super();
    const { prefix, ttlSeconds, scanRowsMax, connection, mappings } = resolveOptions(options);
    const names = resolveMappings(keyRowMappings, mappings);
    const { partitionKeyFieldName: keyName, dataFieldName, md5, ttlFieldName } = names;
    this.#rows = {
      ...connect(connection, keysTable.name),
      names: { data: dataFieldName, version: md5, expiresAt: ttlFieldName },
      codec: jsonCodec,
      owner: { name: 'ns', value: '' },
      address: (id) => keyAddress('', id, keyName),
      keyName,
    };
    this.#values = new ValueTable(this.#rows);
    this.#prefix = prefix;
    this.#ttlMs = ttlSeconds * 1000;
    this.#bound = scanBound(scanRowsMax);
  }

  /** The session of an id, or `null`. One consistent GetItem. */
  get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    answer(this.#get(sid), callback);
  }

  /** Stores a session until its cookie ends. One UpdateItem; one DeleteItem where it has ended. */
  set(sid: string, session: SessionData, callback?: (error?: unknown) => void): void {
    answer(this.#set(sid, session), callback);
  }

  /** Moves the end of a session that is there. One UpdateItem; nothing else of the session is stored. */
  touch(sid: string, session: SessionData, callback?: (error?: unknown) => void): void {
    answer(this.#touch(sid, session), callback);
  }

  /** Forgets a session. One DeleteItem. */
  destroy(sid: string, callback?: (error?: unknown) => void): void {
    answer(this.#destroy(sid), callback);
  }

  /** All sessions by their ids. Scans the table: DynamoDB bills every row of it. */
  all(callback: (error: unknown, sessions?: { [sid: string]: SessionData } | null) => void): void {
    answer(this.#all(), callback);
  }

  /** How many sessions there are. Scans the table: DynamoDB bills every row of it. */
  length(callback: (error: unknown, length?: number) => void): void {
    answer(this.#length(), callback);
  }

  /** Forgets all sessions of the prefix. Scans the table, and sends a BatchWriteItem for each 25. */
  clear(callback?: (error?: unknown) => void): void {
    answer(this.#clear(), callback);
  }

  /** Gives a request a new session in place of its own, which is forgotten. Called by the middleware. */
  regenerate(request: SessionRequest, callback: (error?: unknown) => void): void {
    const destroyed = this.#destroy(request.sessionID);
    answer(
      destroyed.finally(() => this.#generate()(request)),
      callback,
    );
  }

  /** The session of an id as the middleware makes it, without a request. */
  load(sid: string, callback: (error: unknown, session?: SessionData) => void): void {
    answer<SessionData | undefined>(this.#load(sid), callback);
  }

  /** Gives a request the session that was read. Called by the middleware. */
  createSession(request: object, data: SessionData): Session & SessionData {
    this.#classes ??= classesOf(this.#generate(), request);
    const { Session: SessionOf, cookieOf } = this.#classes;
    const session = new SessionOf(request, { ...data, cookie: cookieOf(data.cookie) });
    (request as SessionRequest).session = session;
    return session;
  }

  #generate(): Generate {
    const { generate } = this;
    if (generate !== undefined) return (request) => generate.call(this, request);
    throw new InvalidInputError('store', this, 'given to session({ store }) first', {
      isData: true,
    });
  }

  async #get(sid: string): Promise<SessionData | null> {
    const id = this.#id(sid);
    return this.#living(id, await readEntry(this.#rows, id, { consistent: true })) ?? null;
  }

  async #load(sid: string): Promise<(Session & SessionData) | undefined> {
    const data = await this.#get(sid);
    return data ? this.createSession({ sessionID: sid, sessionStore: this }, data) : undefined;
  }

  async #set(sid: string, session: SessionData): Promise<void> {
    const endMs = this.#endMs(session);
    const isOfCookie = cookieEndMs(session) !== undefined;
    // Counted when it is sent, as an answer may correct the clock; by the cookie it is the same then.
    const expiry = { ttlSeconds: this.#ttlMs / 1000 };
    const { target, write } = await prepare(this.#rows, this.#id(sid), session, expiry);
    const hasEnded = (): boolean => endMs <= this.#rows.clock.now();
    if (hasEnded()) await this.#destroy(sid);
    // Asked again: the answer may have corrected a clock that was ahead.
    if (hasEnded()) return;
    const version = idEndingAt(endMs, write.version);
    const ending = isOfCookie ? { expiresAtMs: endMs } : expiry;
    await writeValue(target, { ...write, version, expiry: ending }, undefined, {});
  }

  async #touch(sid: string, session: SessionData): Promise<void> {
    const { transport, clock, random } = this.#rows;
    const row = locate(this.#rows, this.#id(sid));
    const unique = random.id();
    const input = (): DynamoInput<'UpdateItem'> => {
      const endMs = this.#endMs(session);
      return touch(row, { id: idEndingAt(endMs, unique), endMs, nowMs: clock.now() });
    };
    try {
      await send(transport, 'UpdateItem', input);
    } catch (error) {
      // The session was destroyed, has ended, or remembers this touch.
      if (!isConditionalCheckFailed(error)) throw error;
    }
  }

  async #destroy(sid: string): Promise<void> {
    await this.#values.delete(this.#id(sid));
  }

  async #all(): Promise<{ [sid: string]: SessionData }> {
    const sessions: [string, SessionData][] = [];
    for await (const [id, session] of this.#sessions('all()')) {
      sessions.push([id.slice(this.#prefix.length), session]);
    }
    return Object.fromEntries(sessions);
  }

  async #length(): Promise<number> {
    let length = 0;
    for await (const _ of this.#sessions('length()')) length++;
    return length;
  }

  async #clear(): Promise<void> {
    // By their keys: what cannot be read goes, too.
    const keyOf = (item: Item): BatchKey => this.#rows.address(this.#idOf(item));
    await clearRows(this.#scan('clear()', true), keyOf, this.#rows);
  }

  /** The living sessions of the prefix, and their ids with it. */
  async *#sessions(method: string): AsyncGenerator<[string, SessionData], void, undefined> {
    for await (const { Items = [] } of this.#scan(method, false)) {
      for (const item of Items) {
        const id = this.#idOf(item);
        const session = this.#living(id, await entryOf(this.#rows, id, item));
        if (session !== undefined) yield [id, session];
      }
    }
  }

  async *#scan(
    method: string,
    onlyKeys: boolean,
  ): AsyncGenerator<DynamoOutput<'Scan'>, void, undefined> {
    const { transport, clock } = this.#rows;
    const check = this.#bound(method);
    let scanned = 0;
    const input = (): DynamoInput<'Scan'> => scan(this.#rows, this.#prefix, clock.now(), onlyKeys);
    for await (const output of pages(transport, 'Scan', input)) {
      check({ scanned: (scanned += output.ScannedCount ?? 0) });
      yield output;
    }
  }

  #idOf(item: Item): string {
    return stringOf(item, this.#rows.keyName) ?? '';
  }

  /** The session of a row, with the end that it has; `undefined` where that is past. */
  #living(id: string, entry: Entry<unknown> | undefined): SessionData | undefined {
    if (entry === undefined) return undefined;
    if (!isSession(entry.value)) throw new UnreadableRowError(id, 'it has no cookie');
    return endOf(entry.value, entry) > this.#rows.clock.now() ? entry.value : undefined;
  }

  #endMs(session: SessionData): number {
    if (!isSession(session)) {
      throw new InvalidInputError('the session', session, 'an object with a cookie', {
        isData: true,
      });
    }
    return cookieEndMs(session) ?? Math.ceil(this.#rows.clock.now() + this.#ttlMs);
  }

  #id(sid: string): string {
    if (typeof sid === 'string' && sid !== '') return `${this.#prefix}${sid}`;
    throw new InvalidInputError('the id of the session', sid, 'a text that is not empty', {
      isData: true,
    });
  }
}
