import { keysTable, type ConnectionOptions, type DynamoTransport, type Item } from '@x/dynamo-core';
import { KeyValueCounter } from '@x/dynamo-counter';
import { KeyValueTable } from '@x/dynamo-kv';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

const tableName = 'one-row';
const startMs = Date.UTC(2030, 0, 1);
/** So many changes of its count a row remembers. */
const remembered = 16;
const ttlSeconds = 5;

/** What one row holds, as somebody would keep it who has the table for himself. */
interface Row {
  readonly namespace: string;
  value?: string;
  count?: number;
  expiresAt?: number | undefined;
  /** What the latest changes of the count were known by and used for, the newest first. */
  changes: string[];
}

interface State {
  row: Row | undefined;
  /** What tokens were used for, and until when: those that have a row of their own. */
  readonly markers: Record<string, { readonly usedFor: string; readonly expiresAt: number }>;
  now: number;
  /** The moment that a request says it is: an earlier one where its first send was lost. */
  sentAt: number;
}

/** What an operation answers; of a recovered change of a count, also a later count. */
type Answer = unknown;

interface Operation {
  readonly name: string;
  readonly run: () => Promise<Answer>;
  readonly model: (state: State) => Answer;
}

const collision = 'KeyCollisionError';

function live({ row, now }: State): Row | undefined {
  const hasExpired = row?.expiresAt !== undefined && row.expiresAt <= now;
  const isEmpty = row?.value === undefined && row?.count === undefined;
  return hasExpired || isEmpty ? undefined : row;
}

/** The row that a write goes into. Of one that has expired the ids stay. */
function begun(state: State, namespace: string): Row {
  return (state.row = live(state) ?? { namespace, changes: state.row?.changes ?? [] });
}

function write(
  state: State,
  namespace: string,
  value: string,
  { ttl, keeps = false }: { readonly ttl: number | undefined; readonly keeps?: boolean },
): Answer {
  const row = live(state);
  if (row !== undefined && row.namespace !== namespace) return collision;
  const expires = ttl !== undefined || row?.expiresAt !== undefined;
  if (row?.count !== undefined && expires) return collision;
  const next = Object.assign(begun(state, namespace), { value });
  if (ttl !== undefined) next.expiresAt = state.sentAt + ttl;
  else if (!keeps) next.expiresAt = undefined;
  return undefined;
}

interface Change {
  readonly usedFor: string;
  readonly token?: string | undefined;
  readonly ttl?: number | undefined;
  readonly renews?: boolean;
  /** The next count; `undefined` where it stays. */
  readonly next: (count: number | undefined) => number | undefined;
}

/** Changes the count, and answers it; `false` where it stays. */
function change(
  state: State,
  namespace: string,
  { usedFor, token, ttl, renews, next }: Change,
): Answer {
  const known = state.row?.changes.find((entry) => entry.startsWith(`${token} `));
  if (known !== undefined) {
    return known === `${token} ${usedFor}` ? (live(state)?.count ?? state.row?.count ?? 0) : reused;
  }
  const row = live(state);
  if (row !== undefined && row.namespace !== namespace) return collision;
  const expires = ttl !== undefined || row?.expiresAt !== undefined;
  if (row?.value !== undefined && expires) return collision;
  const count = next(row?.count);
  if (count === undefined) return false;
  const changed = Object.assign(begun(state, namespace), { count });
  changed.changes = [`${token ?? '-'} ${usedFor}`, ...changed.changes].slice(0, remembered);
  if (ttl !== undefined && (renews || changed.expiresAt === undefined)) {
    changed.expiresAt = state.sentAt + ttl;
  }
  return count;
}

const reused = 'TokenReusedError';

/** A kind of thing is taken out of its row, which goes where nothing else is in it. */
function taken(state: State, namespace: string, kind: 'value' | 'count'): boolean {
  const { row } = state;
  if (row?.namespace !== namespace || row[kind] === undefined) return false;
  const had = live(state) !== undefined;
  const other = kind === 'value' ? 'count' : 'value';
  if (row[other] === undefined) state.row = undefined;
  else if (kind === 'value') row.value = undefined as never;
  else Object.assign(row, { count: undefined, changes: [] });
  return had;
}

type Process = ReturnType<typeof open>;

/** What a process has open on the table. */
function open(given: ConnectionOptions, namespace: string) {
  const options = { ...given, namespace };
  return {
    namespace,
    // Two ids, one key: `a.b.c`.
    id: namespace === 'a' ? 'b.c' : 'c',
    values: new KeyValueTable<string>(options),
    counts: new KeyValueCounter(options),
    // Counts that expire: from the first change on, or from the latest.
    first: new KeyValueCounter({ ...options, ttlSeconds }),
    latest: new KeyValueCounter({ ...options, ttlSeconds, ttlFrom: 'latest' }),
    bigints: new KeyValueCounter({ ...options, mode: 'bigint' }),
  };
}

interface Chance {
  readonly below: (max: number) => number;
  /** The next of the values that are stored, which differ. */
  readonly text: () => string;
}

/** One of the operations of a process, as chance has it. */
function drawn(from: Process, { below, text }: Chance): Operation {
  const { namespace, id, values, counts, first, latest, bigints } = from;
  const value = text();
  const by = below(9) - 4;
  const ttl = below(3) === 0 ? ttlSeconds : undefined;
  const token = below(5) < 2 ? `t${below(4)}` : undefined;
  const expiry = ttl === undefined ? {} : { ttlSeconds: ttl };
  const known = token === undefined ? {} : { token };
  const add = { usedFor: `add ${by}`, token, next: (count = 0) => count + by };
  const higher = (count?: number): number | undefined =>
    count === undefined || count <= by ? by : undefined;
  const within = (count = 0): number | undefined =>
    count + by < -2 || count + by > 5 ? undefined : count + by;
  const same = (count?: number): number | undefined => (count === by ? by + 1 : undefined);
  /** A change of the count, and what it answers where that is not the count itself. */
  const counted = (
    name: string,
    run: () => Promise<Answer>,
    how: Change,
    answerOf: (changed: Answer, state: State) => Answer = (changed) => changed,
  ): Operation => ({
    name,
    run,
    model: (state) => answerOf(change(state, namespace, how), state),
  });
  const operations: readonly Operation[] = [
    {
      name: `set ${value} ${ttl}`,
      run: () => values.set(id, value, expiry),
      model: (state) => write(state, namespace, value, { ttl }),
    },
    {
      name: `setIfNotExists ${value} ${ttl}`,
      run: () => values.setIfNotExists(id, value, expiry),
      model: (state) => {
        const row = live(state);
        if (row?.namespace === namespace && row.value !== undefined) return false;
        return write(state, namespace, value, { ttl }) ?? true;
      },
    },
    {
      name: `update ${value} ${ttl}`,
      run: () => values.update(id, (old) => `${value} after ${old?.split(' ')[0]}`, expiry),
      model: (state) => {
        const row = live(state);
        const old = row?.namespace === namespace ? row.value?.split(' ')[0] : undefined;
        const next = `${value} after ${old}`;
        return write(state, namespace, next, { ttl, keeps: true }) ?? next;
      },
    },
    {
      name: 'delete',
      run: () => values.delete(id),
      model: (state) => taken(state, namespace, 'value'),
    },
    {
      name: 'get',
      run: async () => [
        await values.get(id, { consistent: true }),
        await counts.get(id, { consistent: true }),
      ],
      model: (state) => {
        const row = live(state);
        return row?.namespace === namespace ? [row.value, row.count] : [undefined, undefined];
      },
    },
    counted(`incr ${by} ${token}`, () => counts.incr(id, by, known), add),
    counted(`incr ${by} ${token} for a time`, () => first.incr(id, by, known), {
      ...add,
      ttl: ttlSeconds,
    }),
    counted(`incr ${by} ${token} from now on`, () => latest.incr(id, by, known), {
      ...add,
      ttl: ttlSeconds,
      renews: true,
    }),
    counted(
      `incr of a bigint ${by} ${token}`,
      async () => Number(await bigints.incr(id, BigInt(by), known)),
      add,
    ),
    counted(
      `tryIncr ${by} ${token}`,
      async () => (await counts.tryIncr(id, by, { ...known, min: -2, max: 5 })) ?? false,
      { ...add, next: within },
    ),
    {
      name: `incr ${by} t0 with a marker`,
      run: () => counts.incr(id, by, { token: 't0', tokenTtlSeconds: 4 }),
      model: (state) => {
        const marker = state.markers[namespace];
        if (marker !== undefined && marker.expiresAt > state.now) {
          return marker.usedFor === add.usedFor ? (state.row?.count ?? 0) : reused;
        }
        const answer = change(state, namespace, { ...add, token: 't0' });
        const made = { usedFor: add.usedFor, expiresAt: state.sentAt + 4 };
        if (typeof answer === 'number') state.markers[namespace] = made;
        return answer;
      },
    },
    counted(
      `set of a count ${by} ${token} ${ttl}`,
      () => counts.set(id, by, { ...known, ...expiry }),
      { usedFor: `set ${by} ${ttl}`, token, ttl, renews: true, next: () => by },
      (changed) => (typeof changed === 'number' ? undefined : changed),
    ),
    counted(
      `max ${by} ${token}`,
      () => counts.max(id, by, known),
      { usedFor: `max ${by}`, token, next: higher },
      (changed, state) => (changed === false ? live(state)?.count : changed),
    ),
    counted(
      `compareAndSet ${by} ${token}`,
      () => counts.compareAndSet(id, by, by + 1, known),
      { usedFor: `from ${by}`, token, next: same },
      (changed) => (typeof changed === 'number' ? true : changed),
    ),
    {
      name: 'delete of a count',
      run: () => counts.delete(id),
      model: (state) => void taken(state, namespace, 'count'),
    },
  ];
  const operation = operations[below(operations.length)] as Operation;
  return { ...operation, name: `${namespace}: ${operation.name}` };
}

interface Done {
  readonly operation: Operation;
  readonly answer: Answer;
}

/** All that may be in the row after an operation, whose write may have come before each of the others. */
function after(state: State, done: Done, others: readonly Done[]): State[] {
  const found: State[] = [];
  const forgets = others.some(({ operation }) => operation.name.includes('delete'));
  for (let first = 0; first <= others.length; first++) {
    // What a delete has forgotten is made again.
    for (let again = first; again <= (forgets ? others.length : first); again++) {
      for (const isLate of others.length > 0 ? [false, true] : [false]) {
        const next = structuredClone(state);
        let answer: Answer;
        const fits = others.every((other, at) => {
          if (at === first || at === again)
            answer = made(next, done, isLate ? state.now : next.now);
          return isSame(other.answer, made(next, other, next.now));
        });
        if (!fits) continue;
        if (first === others.length || again === others.length) {
          answer = made(next, done, isLate ? state.now : next.now);
        }
        const isLater = typeof answer === 'number' && done.answer === (next.row?.count ?? 0);
        if (isLater || isSame(done.answer, answer)) found.push(next);
      }
    }
  }
  return found;
}

function made(state: State, { operation }: Pick<Done, 'operation'>, sentAt: number): Answer {
  state.sentAt = sentAt;
  return operation.model(state);
}

function isSame(one: Answer, other: Answer): boolean {
  return JSON.stringify([one]) === JSON.stringify([other]);
}

async function history(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const below = (max: number): number => Math.floor(random.unit() * max);
  const clock = new ManualClock({ nowMs: startMs });
  const memory = new MemoryDynamo({ clock });
  memory.createTable(keysTable, tableName);
  /** What others do between the next write and its repeat, whose first answer the network loses. */
  let act: (() => Promise<void>) | undefined;
  const network: DynamoTransport = {
    usesSockets: false,
    call: async (operation, input) => {
      const send = () => memory.call(operation, input);
      const acting = operation.includes('Get') ? undefined : act;
      if (acting === undefined) return send();
      act = undefined;
      if (below(5) > 0) await send().catch(() => undefined);
      await acting();
      if (below(3) === 0) await send().catch(() => undefined);
      return send();
    },
  };
  const [own, others] = [network, memory].map((dynamo) =>
    ['a', 'a.b'].map((namespace) => open({ dynamo, tableName, clock, random }, namespace)),
  ) as [Process[], Process[]];
  let texts = 0;
  const chance: Chance = { below, text: () => `v${(texts += 1)}` };
  const wait = (): Operation => {
    const seconds = below(2) === 0 ? 1 : 6;
    return {
      name: `${seconds} s`,
      run: () => clock.advance(seconds * 1_000),
      model: (state) => void (state.now += seconds),
    };
  };
  const draw = (processes: Process[]): Operation =>
    below(12) === 0 ? wait() : drawn(processes[below(10) === 0 ? 1 : 0] as Process, chance);
  const done = async (operation: Operation): Promise<Done> => {
    const answer = await operation.run().catch((error: Error) => error.name);
    return { operation, answer };
  };
  const log: string[] = [];
  let states: State[] = [
    { row: undefined, markers: {}, now: startMs / 1_000, sentAt: startMs / 1_000 },
  ];
  for (let step = 0; step < 40; step++) {
    const between: Done[] = [];
    const operation = draw(own);
    // The repeat of a delete takes what has come since, as is stated.
    if (!/ s$|delete/.test(operation.name) && below(5) < 3) {
      act = async () => {
        for (let left = 1 + below(5); left > 0; left--) {
          between.push(await done(draw(others)));
        }
      };
    }
    const last = await done(operation);
    act = undefined;
    log.push(
      [last, ...between].map((one) => `${one.operation.name} -> ${String(one.answer)}`).join(' | '),
    );
    const seen = seenIn(memory.rows(tableName), clock.now());
    const next = states.flatMap((state) => after(state, last, between));
    const unlike = new Map(next.map((state) => [JSON.stringify(state), state]));
    states = [...unlike.values()].filter((state) => isSame(shown(live(state)), seen));
    expect(states, `seed ${seed}: ${log.slice(-6).join('\n')}`).not.toEqual([]);
  }
}

/** What a model's row holds, and what the row of the table does. */
function shown(row: Row | undefined): Answer {
  return row && [row.namespace, row.value, row.count, row.expiresAt];
}

function seenIn(rows: readonly Item[], nowMs: number): Answer {
  const row = rows.find(({ key }) => key?.S === 'a.b.c');
  const [count, expiresAt] = [row?.['count'], row?.['expiresAt']].map(
    (attribute) => attribute && Number(attribute.N),
  );
  if (row === undefined || (expiresAt !== undefined && expiresAt * 1_000 <= nowMs))
    return undefined;
  const { data, ns } = row;
  const value = data?.S === undefined ? undefined : (JSON.parse(data.S) as string);
  if (value === undefined && count === undefined) return undefined;
  return [ns?.S, value, count, expiresAt];
}

test('values and counts of one row are as in a plain model, with anything between a send and its repeat', async () => {
  for (let seed = 1; seed <= 80; seed++) await history(seed);
});
