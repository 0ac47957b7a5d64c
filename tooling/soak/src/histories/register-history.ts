import { KeyValueTable } from '@x/dynamo-kv';
import { registerModel, type RegisterInput } from '@x/simulation';

import { isPastMemory, outputOf } from '../run/round.js';
import type { Workload } from '../workloads/workload.js';
import { HistorySlot } from './history-slot.js';
import { judgeHistories, operationOf } from './judge-histories.js';

/** What a value remembers. */
const writesRemembered = 8;

/** Consistent reads and conditional writes of one value. */
export const registerHistory: Workload = {
  name: 'history-register',
  breakage: 'compares the version in the client and writes without a condition',

  start: (worker) => {
    const { random, isBroken } = worker;
    const kv = new KeyValueTable<string>({ ...worker.on('keys'), namespace: 'register' });
    const slot = new HistorySlot(worker);

    async function swap(key: string, version: string | undefined, to: string): Promise<boolean> {
      if (isBroken) {
        if ((await kv.getEntry(key, { consistent: true }))?.version !== version) return false;
        await kv.set(key, to);
        return true;
      }
      if (version === undefined) return kv.setIfNotExists(key, to);
      return (await kv.setIfVersion(key, to, version)) !== undefined;
    }

    return async () => {
      const key = await slot.next();
      let version: string | undefined;
      const read: RegisterInput = { kind: 'read' };
      const seen = await worker.call('read', key, read, async () => {
        const entry = await kv.getEntry(key, { consistent: true });
        version = entry?.version;
        return entry?.value ?? null;
      });
      if (seen === undefined || worker.pick(4) === 0) return;
      slot.another();
      const to = random.id();
      const input = { kind: 'swap', from: seen.output, to };
      await worker.call('swap', key, input, () => swap(key, version, to));
    };
  },

  check: (round, findings) =>
    judgeHistories(round, registerModel, findings, (call, calls) => {
      const { kind, from, to } = call.input as { kind: string; from?: string; to?: string };
      if (kind === 'read') {
        const seen = outputOf<string | null>(call);
        const output = seen && { output: seen.output ?? undefined };
        return [operationOf(call, { kind: 'read' }, output)];
      }
      const swapped = outputOf<boolean>(call);
      // Past what a value remembers, "refused" may be said of a write that was done.
      const isKnown = swapped?.output === true || !isPastMemory(call, calls, writesRemembered);
      const input: RegisterInput = { kind: 'swap', from: from ?? undefined, to };
      return [operationOf(call, input, isKnown ? swapped : undefined)];
    }),
};
