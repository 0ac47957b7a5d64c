import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { ManualClock, seededRandom, type Fault } from '@x/dynamo-testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';

import { DynamoLeader } from '../src/index.js';

const leaseMs = 9_000;
const stepMs = 500;
/** Every response is lost once, and the SDK repeats its request. */
const lost: readonly Fault[] = Array.from({ length: 200 }, (_, index) => ({
  kind: index % 2 === 0 ? 'drop-after' : 'pass',
}));

describeOnEngines('DynamoLeader', (engine) => {
  let tableName: string;
  let clock: ManualClock;
  let transports: RecordedTransport[];
  let told: string[];
  let keys = 0;

  beforeAll(async () => {
    tableName = await engine.createTable(locksTable);
  });

  beforeEach(() => {
    clock = new ManualClock();
    [transports, told] = [[], []];
    keys += 1;
  });

  function candidate(name: string, faults: readonly Fault[] = []): DynamoLeader {
    const dynamo = recorded(engine.client({ faults }));
    transports.push(dynamo);
    const random = seededRandom(transports.length);
    const locks = new DynamoLock({ dynamo, tableName, clock, random, holder: name });
    return new DynamoLeader(locks, `leader-${keys}`, {
      leaseMs,
      clock,
      onElected: () => void told.push(`${name} leads`),
      onLost: () => void told.push(`${name} lost`),
    });
  }

  /** Lets time go by in small steps, and waits for every answer in between, as a heartbeat does. */
  async function pass(ms: number): Promise<void> {
    const busy = (): boolean => transports.some(({ inFlight }) => inFlight > 0);
    for (let left = ms; left > 0; left -= stepMs) {
      await clock.drive(clock.sleep(Math.min(stepMs, left)), { busy });
    }
  }

  test.each<[string, readonly Fault[]]>([
    ['that get every answer', []],
    ['whose responses are lost', lost],
  ])('of two %s one leads, and the other after a resignation', async (_, faults) => {
    const [a, b] = [candidate('a', faults), candidate('b', faults)];
    a.start();
    await pass(leaseMs / 9);
    b.start();
    await pass(3 * leaseMs);
    expect([told, a.isLeader, b.isLeader]).toEqual([['a leads'], true, false]);
    const stopped = a.stop();
    await pass(2 * leaseMs + 500);
    await stopped;
    expect(told).toEqual(['a leads', 'a lost', 'b leads']);
    const ending = b.stop();
    await pass(1);
    await ending;
    expect(told.at(-1)).toBe('b lost');
  });
});
