import { ConflictError, numberOf, type Item, InvalidInputError, type Random } from '@x/dynamo-core';
import {
  beginning,
  diagnosticsChannel,
  expiryMs,
  expirySeconds,
  isExpired,
  readRefusal,
  tell,
  writeConditionally,
  digestOf,
  tokenId,
  type TokenId,
  checkInteger,
  type BatchKey,
  onFirstUse,
  perShape,
  type Connection,
} from '@x/dynamo-core/mechanism';

import { counterAttributes, type ChangeExpressions, type CounterAddress } from './counter-row.js';
import { checkKind } from './live-count.js';
import {
  allows,
  changeCount,
  startOver,
  type Count,
  countIn,
  exactly,
  giveCount,
} from './requests.js';
import {
  type ChangeCall,
  type CounterTarget,
  type Try,
  type Answer,
  knows,
} from './send-change.js';

const marking = /* @__PURE__ */ onFirstUse(() => import('./send-marked-change.js'));

/** What became of a change. */
export type ChangeOutcome =
  /** It is in this count. */
  | { readonly outcome: 'changed'; readonly count: Count }
  /** The count, `undefined` for none, may not be changed from what it is. Nothing was changed. */
  | {
      readonly outcome: 'refused';
      readonly current: Count | undefined;
      /** When the row expires. */
      readonly expiresAtMs: number | undefined;
    };

const attemptsMax = 12;

const conflicts = /* @__PURE__ */ diagnosticsChannel('x-dynamo:counter:conflict');

/**
 * Makes one change of one counter, exactly once. Everything that counts goes through here: a
 * counter that spreads over rows, or one that gathers changes, only chooses targets and amounts.
 *
 * A change is tried on a live row first. It is refused by an expired row, which then starts over,
 * or by a count out of range, which is the answer. Further attempts are for rows that others change
 * in between. Each try has times of its own.
 */
export async function applyChange(call: ChangeCall): Promise<ChangeOutcome> {
  const connection = call.locate();
  const begun = conflicts.hasSubscribers ? beginning(connection.clock) : undefined;
  const { change, tokenTtlSeconds } = call;
  let found: Item | undefined;
  let hasConflicts = false;
  let outcome: ChangeOutcome['outcome'] | 'failed' = 'failed';
  try {
    for (let attempt = 1; ; attempt++) {
      const sendIt =
        tokenTtlSeconds === undefined ? sendChange : (await marking()).sendMarkedChange;
      const answer = await sendIt(connection, call, () => buildTry(call, found));
      if (answer.outcome === 'changed') {
        outcome = 'changed';
        return answer;
      }
      const { item, tried } = answer;
      const { target, timed } = tried;
      const bringsExpiry = timed.expiresAt !== undefined;
      const read = readRefusal({ ...target, own: 'count', bringsExpiry }, item, timed.nowMs);
      const live = read === 'refused' ? item : undefined;
      checkKind(live, target);
      const current = countIn(live, target.label);
      if (!allows(change, current)) {
        outcome = 'refused';
        const expiresAtMs = expiryMs(numberOf(live, counterAttributes.expiresAt));
        return { outcome, current, expiresAtMs };
      }
      found = item;
      // An expired row has to be found once, before it starts over.
      if (attempt > 1 || read !== 'expired') hasConflicts = true;
      if (attempt >= attemptsMax) throw new ConflictError(target.label, attempt);
    }
  } finally {
    if (hasConflicts) tell(conflicts, begun, connection.label, outcome);
  }
}

function buildTry(
  { locate, change, expiry, token = '', tokenTtlSeconds: ttlSeconds }: ChangeCall,
  found: Item | undefined,
): Try {
  const target = locate();
  const { clock, endsAt } = target;
  const nowMs = clock.now();
  const expiresAt = endsAt ?? expirySeconds(expiry, clock);
  const end = numberOf(found, counterAttributes.expiresAt);
  // The row of a window is kept as long as the one asks who keeps windows the longest.
  const renews = endsAt === undefined ? change.renews : (end ?? endsAt) < endsAt;
  const { verb, amount, from, id, isWhole } = change;
  let timed = { verb, amount, from, id, renews, isWhole, nowMs, expiresAt };
  const isOver = isExpired(end, nowMs);
  if (isWhole && verb === 'add' && !isOver && found?.[counterAttributes.count]) {
    // Throws for a fraction, before anything is added to it.
    const seen = giveCount('bigint', target.label, countIn(found, target.label) ?? 0n);
    timed = { ...timed, verb: 'set', amount: seen + amount, from: exactly(seen) };
  }
  const input = isOver ? startOver(target, timed, found ?? {}) : changeCount(target, timed);
  const keptUntil = expirySeconds({ ttlSeconds }, clock);
  const marker = keptUntil !== undefined && {
    ...target,
    ...target.markerAt(token),
    change: id?.entry ?? '',
    expiresAt: keptUntil,
  };
  return { timed, target, input, marker };
}

/** One try of a change: one request. */
async function sendChange(
  { transport, key, label }: CounterTarget,
  { change, signal }: ChangeCall,
  build: () => Try,
): Promise<Answer> {
  let tried!: Try;
  const answer = await writeConditionally(transport, 'UpdateItem', () => (tried = build()).input, {
    isMine: (item) => knows(item, change, label),
    mustExist: key,
    signal,
  });
  if (answer.outcome === 'refused') return { ...answer, tried };
  const row = answer.outcome === 'applied' ? answer.attributes : answer.item;
  // A row without a count was emptied since.
  return { outcome: 'changed', count: countIn(row, label) ?? 0n };
}

/** What a row remembers a change by: a fresh id, or the caller's token with what it is used for. */
export function changeId(
  token: string | undefined,
  verb: string,
  amount: bigint,
  random: Random,
): TokenId {
  if (token !== undefined) return tokenId(token, [verb, String(amount)]);
  const id = random.id();
  return { id, entry: id };
}

/** The same, where a row remembers at all: a token asks for that. */
export function rememberedId(
  { exactlyOnce = true }: { readonly exactlyOnce?: boolean | undefined },
  token: string | undefined,
  verb: string,
  amount: bigint,
  random: Random,
): TokenId | undefined {
  if (exactlyOnce) return changeId(token, verb, amount, random);
  if (token === undefined) return undefined;
  throw new InvalidInputError('token', token, 'left out where exactlyOnce is false');
}

/** The name of the row of a token: the hash of the counter's key and the token. */
export function markerName(counterKey: Item, token: string): string {
  return `#${digestOf([counterKey, token])}`;
}

/** More rows than partitions of a table that is worth counting in: reading sums all of them. */
const shardsMax = 1_000;

/**
 * One counter in several rows, because a partition of DynamoDB takes 1,000 writes a second: the
 * first one has the counter's own key, the others a suffix in the partition key.
 */
export class Shards {
  readonly #count: number;

  constructor(count: number, ttlSeconds: number | undefined) {
    checkInteger('shards', count, 1, shardsMax);
    if (ttlSeconds !== undefined) {
      const allowed = 'left out with shards (use windowed())';
      throw new InvalidInputError('ttlSeconds', ttlSeconds, allowed);
    }
    this.#count = count;
  }

  /** Throws for what takes one look at the whole count. */
  refuse(what: string): never {
    throw new InvalidInputError('shards', this.#count, `left out: a sum of rows has no ${what}`);
  }

  /** The shard of a change: that of its token, or any. */
  pick(token: string | undefined, random: Random): number {
    if (token === undefined) return Math.floor(random.unit() * this.#count);
    const hash = Buffer.from(digestOf(token), 'base64url').readUInt32BE();
    return Math.floor((hash / 2 ** 32) * this.#count);
  }

  /** What `locate` gives for each of them. */
  all<T>(locate: (shard: number) => T): T[] {
    return Array.from({ length: this.#count }, (_, shard) => locate(shard));
  }

  /** What the partition key of a shard ends with. */
  static suffix(shard: number): string {
    return shard === 0 ? '' : `~${shard}`;
  }

  /** What its row says that it is. */
  static kind(shard: number): 'shard' | undefined {
    return shard === 0 ? undefined : 'shard';
  }

  /** The count of all of them; `undefined` where there is none. */
  static sum(counts: readonly (Count | undefined)[]): Count | undefined {
    const [first, ...more] = counts.filter((count) => count !== undefined);
    return more.reduce<Count | undefined>(
      (sum, count) =>
        typeof sum === 'bigint' && typeof count === 'bigint'
          ? sum + count
          : Number(sum) + Number(count),
      first,
    );
  }
}

/** Where the counters are. */
export interface CounterStoreOptions<K>
  extends Connection, Omit<CounterAddress, keyof BatchKey | 'kind' | 'expressions'> {
  /** Checks a key of the caller, with what a window or a shard adds to it, and says where its row is. */
  readonly address: (key: K, suffix: string, shard: string) => BatchKey;
  /** Where the row of a token with this name is kept for a counter. */
  readonly markerAddress: (key: K, name: string) => BatchKey;
}

/** A window of time. */
export interface CountWindow {
  /** Whether the caller gave a moment of it: it is not that of the moment at which a change is sent. */
  readonly isGiven: boolean;
  /** What its key ends with. */
  readonly suffix: string;
  /** When the next one begins, in milliseconds since 1970. */
  readonly resetAtMs: number;
  /** When its row may be removed, in whole seconds since 1970. */
  readonly endsAt: number;
}

/** Gives the window of the time that the clock shows, or of a given moment. */
export type WindowOf = () => CountWindow;

/** Gives the row of a counter, or of one of its shards. */
export type Locate = (shard?: number) => CounterTarget;

/** The rows of counters: of their windows, and of their shards. */
export class CounterTargets<K> {
  readonly #store: CounterStoreOptions<K>;
  readonly #shards: Shards | undefined;
  readonly #expressions = perShape<ChangeExpressions>();

  constructor(store: CounterStoreOptions<K>, shards: Shards | undefined) {
    this.#store = store;
    this.#shards = shards;
  }

  /** Checks the key each time, and takes the window of the moment. */
  locator(key: K, window?: WindowOf): Locate {
    // A compound key is an object, which the caller may change after the call.
    const own = typeof key === 'object' ? { ...key } : key;
    const store = this.#store;
    return (shard = 0) => {
      const { suffix = '', endsAt } = window?.() ?? {};
      const { key: row, label } = store.address(own, suffix, Shards.suffix(shard));
      // By hand: a spread takes longer than all the rest.
      return {
        transport: store.transport,
        clock: store.clock,
        random: store.random,
        tableName: store.tableName,
        owner: store.owner,
        dataName: store.dataName,
        versionName: store.versionName,
        expressions: this.#expressions,
        key: row,
        label,
        kind: window === undefined ? Shards.kind(shard) : 'window',
        endsAt,
        markerAt: (token) =>
          store.markerAddress(own, markerName(store.address(own, suffix, '').key, token)),
      };
    };
  }

  /** The row that a change goes to: one for all of its tries. */
  pick(locate: Locate, token: string | undefined): () => CounterTarget {
    if (this.#shards === undefined) return locate;
    const shard = this.#shards.pick(token, this.#store.random);
    return () => locate(shard);
  }

  /** All rows of a counter: each says where it is when it is asked. */
  all(key: K, window: WindowOf | undefined): (() => CounterTarget)[] {
    const locate = this.locator(key, window);
    return this.#shards?.all((shard) => () => locate(shard)) ?? [locate];
  }
}
