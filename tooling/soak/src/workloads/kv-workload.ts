import { valuesRemembered } from '@x/dynamo-core/mechanism';
import { KeyValueTable } from '@x/dynamo-kv';

import type { Worker } from '../client/worker.js';
import { isPastMemory, outputOf, settledAt, type Call } from '../run/round.js';
import type { Findings } from './findings.js';
import { sumBounds } from './sum-bounds.js';
import type { Step, Workload } from './workload.js';

const namespace = 'soak-kv';
const keysPerRound = 16;
const pauseMsMax = 10;
const slotMs = 50;
/** Beyond the round, by whatever clock that DynamoDB's answers have corrected. */
const expiry = { ttlSeconds: 60 };
/** Few, so that clients meet. */
const shelvesPerRound = 4;

/** A value that is set as a whole, and to which updates add. */
interface Shelf {
  /** The `set` that began it; absent where an update did. */
  readonly set?: string;
  /** What updates have added. */
  readonly added: readonly string[];
}

/**
 * Counts by optimistic updates, races to be the first to store a value, and sets, deletes and updates
 * of the same values.
 */
export const kvWorkload: Workload = {
  name: 'kv',
  breakage: 'reads, computes and writes without a condition',

  start: (worker) => {
    const kv = new KeyValueTable({ ...worker.on('keys'), namespace });
    return async () => {
      const choice = worker.pick(6);
      if (choice < 2) await storeFirst(worker, kv);
      else await (choice < 5 ? increment(worker, kv) : changeShelf(worker, kv));
      await worker.pause(pauseMsMax);
    };
  },

  check: async (round, findings, { dynamo, tables }) => {
    const kv = new KeyValueTable({ dynamo, tableName: tables.keys, namespace });
    for (const key of round.keys()) {
      const value = await kv.get<number | string | Shelf>(key, { consistent: true });
      if (typeof value === 'object' || round.callsOf(key, 'set', 'delete', 'add').length > 0) {
        judgeShelf(round.callsOf(key), key, value as Shelf | undefined, findings);
        continue;
      }
      const updates = round.callsOf(key, 'update');
      if (updates.length > 0) {
        const { least, most, text } = sumBounds(updates, valuesRemembered, () => 1);
        const count = Number(value ?? 0);
        findings.expect(
          count >= least && count <= most,
          () => `kv ${key} is ${count}, not ${least} to ${most}: ${text}`,
        );
        continue;
      }
      judgeFirst(round.callsOf(key, 'setIfNotExists'), key, value, findings);
    }
  },
};

/** One call at most stores the value, and it is what is there. */
function judgeFirst(
  calls: readonly Call[],
  key: string,
  value: number | string | undefined,
  findings: Findings,
): void {
  const winners = calls.filter((call) => outputOf<boolean>(call)?.output === true);
  const unknown = calls.filter((call) => outputOf(call) === undefined);
  const names = winners.map(({ input }) => JSON.stringify(input)).join(' and ') || 'nobody';
  findings.expect(winners.length <= 1, () => `kv ${key} was stored for the first time by ${names}`);
  const writers = winners.length > 0 ? winners : unknown;
  // Nothing may be there if nobody knows of a write, neither of an own one nor of another's.
  const isRight =
    value === undefined
      ? unknown.length === calls.length
      : writers.some(({ input }) => input === value);
  findings.expect(isRight, () => `kv ${key} holds ${value}, though ${names} stored it`);
}

/** What was overwritten or deleted does not come back, and no addition is made twice or lost. */
function judgeShelf(
  calls: readonly Call[],
  key: string,
  value: Shelf | undefined,
  findings: Findings,
): void {
  const whole = calls.filter(({ operation }) => operation !== 'add');
  const known = whole.filter((call) => outputOf(call) !== undefined);
  const set = value?.set;
  const origin = whole.find(({ input }) => set !== undefined && input === set);
  // One that the row has forgotten comes back with a copy that is late.
  const isForgotten = origin !== undefined && isPastMemory(origin, calls, valuesRemembered);
  const setAt = origin && outputOf(origin) && (isForgotten ? settledAt(origin) : origin.over?.at);
  const later = known.find(({ beganAt }) => setAt !== undefined && beganAt > setAt);
  findings.expect(
    later === undefined,
    () =>
      `kv ${key} is as ${set} set it, though ${later?.operation} ${JSON.stringify(later?.input)} came later`,
  );
  findings.expect(
    set === undefined || origin !== undefined,
    () => `kv ${key} was set by ${set}, which never called`,
  );
  const added = value?.added ?? [];
  const quiet = Math.max(
    0,
    ...whole.map((call) => (outputOf(call) && settledAt(call)) ?? Infinity),
  );
  for (const call of calls.filter(({ operation }) => operation === 'add')) {
    const times = added.filter((token) => token === call.input).length;
    findings.expect(
      times <= 1 || call.over === undefined || isPastMemory(call, calls, valuesRemembered),
      () => `${JSON.stringify(call.input)} was added ${times} times to kv ${key}`,
    );
    if (outputOf(call) === undefined || call.beganAt <= quiet) continue;
    findings.expect(
      times > 0,
      () => `${JSON.stringify(call.input)} was lost from kv ${key} by a race`,
    );
  }
}

async function increment(worker: Worker, kv: KeyValueTable): ReturnType<Step> {
  const id = `r${worker.round}-n${worker.pick(keysPerRound)}`;
  await worker.call('update', id, 1, async () => {
    if (!worker.isBroken) return (await kv.update<number>(id, (n = 0) => n + 1)) ?? 0;
    const next = ((await kv.get<number>(id, { consistent: true })) ?? 0) + 1;
    await kv.set(id, next);
    return next;
  });
}

async function storeFirst(worker: Worker, kv: KeyValueTable): ReturnType<Step> {
  // Clients meet at a key, as it is new for all of them at the same time.
  const id = `r${worker.round}-first-${Math.floor(Date.now() / slotMs)}`;
  const value = `${worker.client}-${worker.random.id()}`;
  await worker.call('setIfNotExists', id, value, async () => {
    if (!worker.isBroken) return kv.setIfNotExists(id, value, expiry);
    if (await kv.has(id, { consistent: true })) return false;
    await kv.set(id, value);
    return true;
  });
}

async function changeShelf(worker: Worker, kv: KeyValueTable): ReturnType<Step> {
  const id = `r${worker.round}-shelf-${worker.pick(shelvesPerRound)}`;
  const token = `${worker.client}-${worker.random.id()}`;
  const choice = worker.pick(8);
  const add = (shelf: Shelf = { added: [] }): Shelf => ({
    ...shelf,
    added: [...shelf.added, token],
  });
  if (choice === 0) await worker.call('delete', id, token, () => kv.delete(id));
  else if (choice === 1) {
    const shelf: Shelf = { set: token, added: [] };
    await worker.call('set', id, token, () => kv.set(id, shelf, expiry));
  } else {
    await worker.call('add', id, token, async () => {
      if (worker.isBroken) await kv.set(id, add(await kv.get<Shelf>(id, { consistent: true })));
      else await kv.update<Shelf>(id, add);
    });
  }
}
