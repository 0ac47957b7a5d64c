import { setImmediate } from 'node:timers/promises';

import { describe, expect } from 'vitest';

import { everyCall } from './every-subject.js';
import { down, occupied, refused, unprocessed } from './faults.js';
import { Heard, shown } from './heard.js';
import { invoke, testEach, type Subject } from './subject.js';
import { World, type Fault } from './world.js';

/** Stands in everything that is stored, and may stand nowhere else. */
const mark = 'hunter2';

/** Makes calls, and checks what a log would hold of each. Answers how many have failed. */
async function expectNoMark(
  { open }: Subject,
  method: string,
  calls: readonly (readonly unknown[])[],
  fault?: Fault,
): Promise<number> {
  using heard = new Heard();
  const world = new World(heard.monitoring);
  const opened = await open(world, mark);
  if (fault !== undefined) world.meet(fault);
  let failed = 0;
  for (const args of calls) {
    let failure: unknown;
    await world.drive(
      invoke(opened, method, args).catch((error: unknown) => {
        failure = error;
      }),
    );
    await setImmediate();
    expect(shown(heard.told)).not.toContain(mark);
    expect(shown(failure)).not.toContain(mark);
    heard.told.length = 0;
    if (failure !== undefined) failed++;
  }
  return failed;
}

const faults: readonly (readonly [string, () => Fault | undefined])[] = [
  ['without a fault', () => undefined],
  ['while the store is down', down],
  ['where each request arrives twice', () => () => 'twice'],
  ['where a write is refused', () => refused(mark)],
  ['where a stranger has the row', () => occupied(`{"${mark}`)],
  ['where a stranger has a row that can be read', () => occupied(JSON.stringify({ mark }))],
  ['where batches make no progress', unprocessed],
];

describe.each(faults)('nothing that is stored is told %s', (_, fault) => {
  testEach('by %s', everyCall, async (subject, method, { args }) => {
    const given = args({ options: {}, text: mark });
    await expect(expectNoMark(subject, method, [given], fault())).resolves.toBeLessThanOrEqual(1);
  });
});

describe('what is passed is not told where it is bad:', () => {
  const huge = mark.repeat(70_000);
  // An option is shown, as far as it is short: it may be misspelt.
  const bad: readonly unknown[] = [
    { text: mark },
    [{ mark }],
    Symbol(mark),
    () => mark,
    new Map([[mark, mark]]),
    { toJSON: () => mark },
    circular(),
  ];
  const misplaced: readonly unknown[] = [{ text: mark }, Symbol(mark), () => mark];
  testEach('%s', everyCall, async (subject, method, { args }) => {
    const given = args({ options: {}, text: mark });
    const calls: (readonly unknown[])[] = [];
    for (const [index, part] of given.entries()) {
      calls.push(...misplaced.map((thing) => given.with(index, thing)));
      if (typeof part !== 'object' || part === null || Array.isArray(part)) continue;
      for (const name of Object.keys(part)) {
        calls.push(given.with(index, { ...part, [name]: { text: mark } }));
      }
    }
    calls.push(...[huge, ...bad].map((text) => args({ options: {}, text: text as string })));
    const failed = await expectNoMark(subject, method, calls);
    expect(failed).toBeLessThanOrEqual(calls.length);
  });
});

function circular(): object {
  const one: Record<string, unknown> = { mark };
  one['one'] = one;
  return one;
}
