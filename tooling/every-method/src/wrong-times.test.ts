import { machineOf, withTimesOf, wrongMachines, type WrongMachine } from '@x/conformance';
import type { ConnectionOptions, DynamoTransport } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { describe, expect } from 'vitest';

import { everyCall } from './every-subject.js';
import { invoke, testEach, type MethodCall, type Subject } from './subject.js';
import { plain } from './plain.js';
import { World } from './world.js';

const dayMs = 86_400_000;
/** Further than any expiry: a time of the wrong clock is told apart from one of the right clock. */
const aheadMs = 10_000 * dayMs;

/**
 * A world that notes the requests which hold times of a wrong clock and cannot be built anew. The first
 * answer corrects the clock. (A batch of windows is read by the clock as it is before.)
 */
class WrongTimes extends World {
  readonly noted: string[] = [];
  isWrong = false;

  override get connection(): ConnectionOptions {
    const { dynamo, ...connection } = super.connection;
    const noting: DynamoTransport = {
      call: async (operation, input, options) => {
        const text = JSON.stringify(input);
        const isBuiltOnce = options?.rebuild === undefined && operation !== 'BatchGetItem';
        const holds = this.isWrong && isBuiltOnce && this.#holdsTime(text);
        if (holds) this.noted.push(`${operation} ${text}`);
        try {
          return await (dynamo as DynamoTransport).call(operation, input, options);
        } finally {
          this.isWrong = false;
        }
      },
    };
    return { ...connection, dynamo: noting };
  }

  /** In seconds, milliseconds, micro- or nanoseconds. */
  #holdsTime(text: string): boolean {
    const wrongMs = this.clock.now();
    return (text.match(/\d{9,}/g) ?? []).some((digits) =>
      [1e3, 1, 1e-3, 1e-6].some((unit) => Math.abs(Number(digits) * unit - wrongMs) < aheadMs / 2),
    );
  }
}

testEach('%s builds what holds times anew', everyCall, async (subject, method, { args }) => {
  const world = new WrongTimes();
  const on = await world.drive(Promise.resolve(subject.open(world, 'text')));
  world.clock.jumpWall(aheadMs);
  world.isWrong = true;
  await world.drive(invoke(on, method, args({ options: {}, text: 'text' })).catch(() => undefined));
  expect(world.noted).toEqual([]);
});

/** What becomes of a call, and of all tables, on a machine whose clock is right, or wrong in some way. */
async function outcomeOn(
  wrong: WrongMachine | undefined,
  { open }: Subject,
  method: string,
  { args }: MethodCall,
): Promise<unknown> {
  const machine = wrong && (await machineOf(wrong, new ManualClock().now()));
  const world = new World(undefined, {}, machine);
  const on = await world.drive(Promise.resolve(open(world, 'text')));
  world.begin();
  const outcome = await world.drive(
    invoke(on, method, args({ options: {}, text: 'text' })).then(plain, String),
  );
  return { outcome, rows: world.rows() };
}

/** The ids of a session's writes say when it ends by the clock as it was before: then the row's own expiry counts. */
function withoutIds(outcome: unknown): unknown {
  const withoutId = (name: string, value: unknown): unknown =>
    /^(version|v\d)$/.test(name) ? undefined : value;
  return JSON.parse(JSON.stringify(outcome, withoutId));
}

// Compat has the options of the original.
const calls = everyCall.filter(([title]) => !title.startsWith('compat'));
const machines = Object.entries<WrongMachine>(wrongMachines).filter(([, { firstMs }]) => !firstMs);

describe.each(machines)('on a machine whose clock is %s', (_, machine) => {
  testEach('%s comes out as by a right clock', calls, async (subject, ...of) => {
    const right = await outcomeOn(undefined, subject, ...of);
    const found = withTimesOf(await outcomeOn(machine, subject, ...of), right);
    const compared = subject.title === 'DynamoSessionStore' ? withoutIds : (one: unknown) => one;
    expect(compared(found)).toEqual(compared(withTimesOf(right, right)));
  });
});
