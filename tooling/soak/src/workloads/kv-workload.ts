import { KeyValueTable } from '@x/dynamo-kv';

import type { Worker } from '../client/worker.js';
import { outputOf, type Call } from '../run/round.js';
import { Findings } from './findings.js';
import { sumBounds } from './sum-bounds.js';
import type { Step, Stored, Workload } from './workload.js';

const keysPerRound = 16;
const pauseMsMax = 10;
const slotMs = 50;
/** What a value remembers. */
const updatesRemembered = 8;

/** Counts by optimistic updates, and races to be the first to store a value. */
export const kvWorkload: Workload = {
  name: 'kv',
  breakage: 'reads, computes and writes without a condition',

  start: (worker) => {
    const { dynamo, clock, random, tables } = worker;
    const kv = new KeyValueTable({
      dynamo,
      clock,
      random,
      tableName: tables.keys,
      namespace: 'soak-kv',
    });
    return async () => {
      const choice = worker.pick(3);
      await (choice === 0 ? storeFirst(worker, kv) : increment(worker, kv));
      await worker.pause(pauseMsMax);
    };
  },

  check: async (round, stored) => {
    const findings = new Findings();
    const kv = tableOf(stored);
    for (const key of round.keys()) {
      const value = await kv.get<number | string>(key, { consistent: true });
      const updates = round.callsOf(key, 'update');
      if (updates.length > 0) {
        const { least, most, text } = sumBounds(updates, updatesRemembered, () => 1);
        const count = Number(value ?? 0);
        findings.expect(
          count >= least && count <= most,
          () => `kv ${key} is ${count}, not ${least} to ${most}: ${text}`,
        );
        continue;
      }
      judgeFirst(round.callsOf(key, 'setIfNotExists'), key, value, findings);
    }
    return findings.verdict();
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

function tableOf({ dynamo, tables }: Stored): KeyValueTable {
  return new KeyValueTable({ dynamo, tableName: tables.keys, namespace: 'soak-kv' });
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
    if (!worker.isBroken) return kv.setIfNotExists(id, value);
    if (await kv.has(id, { consistent: true })) return false;
    await kv.set(id, value);
    return true;
  });
}
