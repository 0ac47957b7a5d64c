import { describe, expect, test } from 'vitest';

import { everySubject } from './every-subject.js';
import { down, occupied, refused, unprocessed } from './faults.js';
import { Heard, shown } from './heard.js';
import { everyCall, invoke, type Subject } from './subject.js';
import { World, type Fault } from './world.js';

/** Stands in everything that is stored, and may stand nowhere else. */
const mark = 'hunter2';
const cases = everyCall(everySubject);

/** Calls, and checks what a log would hold of it. Answers whether the call failed. */
async function expectNoMark(
  { open }: Subject,
  method: string,
  args: readonly unknown[],
  fault?: Fault,
): Promise<boolean> {
  using heard = new Heard();
  const world = new World(heard.monitoring);
  const opened = await open(world, mark);
  if (fault !== undefined) world.meet(fault);
  let failure: unknown;
  await world.clock.drive(
    invoke(opened, method, args).catch((error: unknown) => {
      failure = error;
    }),
  );
  await world.clock.advance(1);
  expect(shown(heard.told)).not.toContain(mark);
  expect(shown(failure)).not.toContain(mark);
  return failure !== undefined;
}

const faults: readonly (readonly [string, () => Fault | undefined])[] = [
  ['without a fault', () => undefined],
  ['while the store is down', down],
  ['where a write is refused', () => refused(mark)],
  ['where a stranger has the row', () => occupied(`{"${mark}`)],
  ['where a stranger has a row that can be read', () => occupied(JSON.stringify({ mark }))],
  ['where batches make no progress', unprocessed],
];

describe.each(faults)('nothing that is stored is told %s', (_, fault) => {
  test.each(cases)('by %s', async (__, subject, method, { args }) => {
    const given = args({ options: {}, text: mark });
    await expect(expectNoMark(subject, method, given, fault())).resolves.toBeTypeOf('boolean');
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
  test.each(cases)('%s', async (_, subject, method, { args }) => {
    const given = args({ options: {}, text: mark });
    const calls: (readonly unknown[])[] = [huge, ...bad].map((text) =>
      args({ options: {}, text: text as string }),
    );
    for (const [index, part] of given.entries()) {
      calls.push(...bad.map((thing) => given.toSpliced(index, 1, thing)));
      if (typeof part !== 'object' || part === null || Array.isArray(part)) continue;
      for (const name of Object.keys(part)) {
        calls.push(...bad.map((thing) => given.toSpliced(index, 1, { ...part, [name]: thing })));
      }
    }
    let failed = 0;
    for (const call of calls) failed += Number(await expectNoMark(subject, method, call));
    expect(failed).toBeLessThanOrEqual(calls.length);
  });
});

function circular(): object {
  const one: Record<string, unknown> = { mark };
  one['one'] = one;
  return one;
}
