import { valuesRemembered } from '@x/dynamo-core/mechanism';
import { KeyValueTable } from '@x/dynamo-kv';
import { registerModel, type RegisterInput, type RegisterOutput } from '@x/simulation';

import { isPastMemory, outputOf, type Call } from '../run/round.js';
import type { Workload } from '../workloads/workload.js';
import { HistorySlot } from './history-slot.js';
import { judgeHistories, operationOf } from './judge-histories.js';

/** How often a request of a call whose client was killed may have been sent. */
const attemptsMax = 4;
const consistent = { consistent: true };
/** Longer than a key is in use, also by a clock that was set by minutes, which no answer has corrected yet. */
const expiry = { ttlSeconds: 600 };

/**
 * Reads, writes with and without a condition, updates and deletions of one value.
 *
 * One that is broken on purpose reads, compares and writes without a condition.
 */
export const valueHistory: Workload = {
  name: 'history-value',

  start: (worker) => {
    const { random, isBroken } = worker;
    const kv = new KeyValueTable<string>({ ...worker.on('keys'), namespace: 'history' });
    const slot = new HistorySlot(worker);

    async function append(key: string, text: string): Promise<string> {
      const change = (value = ''): string => `${value}${text}`;
      if (!isBroken) return (await kv.update(key, change)) ?? '';
      const value = change(await kv.get(key, consistent));
      await kv.set(key, value);
      return value;
    }

    async function swap(key: string, version: string | undefined, to: string): Promise<boolean> {
      if (isBroken) {
        if ((await kv.getEntry(key, consistent))?.version !== version) return false;
        await kv.set(key, to);
        return true;
      }
      if (version === undefined) return kv.setIfNotExists(key, to, expiry);
      return (await kv.setIfVersion(key, to, version, expiry)) !== undefined;
    }

    async function readAndSwap(key: string, to: string): Promise<void> {
      let version: string | undefined;
      const seen = await worker.call('read', key, { kind: 'read' }, async () => {
        const entry = await kv.getEntry(key, consistent);
        version = entry?.version;
        return entry?.value ?? null;
      });
      if (seen === undefined || worker.pick(3) === 0) return;
      slot.another();
      const input = { kind: 'swap', from: seen.output, to };
      await worker.call('swap', key, input, () => swap(key, version, to));
    }

    return async () => {
      const key = await slot.next();
      const id = random.id();
      const choice = worker.pick(10);
      if (choice === 0) await worker.call('delete', key, { kind: 'write' }, () => kv.delete(key));
      else if (choice < 3) {
        const input = { kind: 'write', value: id };
        await worker.call('set', key, input, () => kv.set(key, id, expiry));
      } else if (choice < 6) {
        const input = { kind: 'append', text: id };
        await worker.call('append', key, input, () => append(key, id));
      } else await readAndSwap(key, id);
    };
  },

  check: (round, findings) =>
    judgeHistories(round, registerModel, findings, (call, calls) => {
      const changes = calls.filter(({ operation }) => operation !== 'read');
      const isForgotten = isPastMemory(call, changes, valuesRemembered);
      // A journal holds `null` where nothing is.
      const { from, ...rest } = call.input as { readonly from?: string | null };
      const input = { ...rest, from: from ?? undefined } as RegisterInput;
      const seen = outputOf<string | boolean | null>(call);
      // Of a write that was done and forgotten, "refused" may be said.
      const isKnown = seen !== undefined && !(isForgotten && seen.output === false);
      const output = isKnown ? { output: seen.output ?? undefined } : undefined;
      const again = operationOf<RegisterInput, RegisterOutput>(call, input, undefined);
      const copies = Array.from({ length: copiesOf(call, isForgotten) }, () => again);
      return [operationOf(call, input, output), ...copies];
    }),
};

/**
 * How often a call may have been made again, at any time: as the docs say, so is the repeat of a
 * delete, and of a write that the row has forgotten.
 */
function copiesOf({ operation, over }: Call, isForgotten: boolean): number {
  const mayBeAgain = over === undefined || operation === 'delete' || isForgotten;
  if (operation === 'read' || !mayBeAgain) return 0;
  return Math.max(0, Math.min(over?.sent ?? attemptsMax, attemptsMax) - 1);
}
