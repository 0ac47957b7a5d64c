import { explore } from '@x/simulation';
import { expect, test } from 'vitest';
import { DynamoLock } from './dynamo-lock.js';
import { locksTable } from './locks-table.js';
for (const [p, f, hb] of [[2, 0, false], [1, 1, false], [1, 1, true]] as const)
test(`lock ${p} ${f} ${hb}`, async () => {
  const r = await explore((world) => {
    const held = new Set<string>();
    for (const name of ['A', 'B']) {
      const client = world.client(name);
      const lock = new DynamoLock({ dynamo: client.dynamo, clock: client.clock, random: client.random, tableName: 'locks', holder: name });
      client.run(async () => {
        const mine = await lock.tryAcquire('k', 10, { heartbeat: hb });
        if (!mine) return;
        held.add(name);
        world.always(() => undefined);
        await client.step('works');
        held.delete(name);
        await mine.release();
      });
    }
  }, { tables: [locksTable], ticks: [11000], preemptionsMax: p, faultsMax: f, runsMax: 30000 });
  console.log(p, f, hb, r.runs, r.exhausted, Math.round(r.elapsedMs), r.violation?.message, r.violation?.trace.join('\n'), r.violation?.choices);
  expect(1).toBe(1);
}, 120000);
