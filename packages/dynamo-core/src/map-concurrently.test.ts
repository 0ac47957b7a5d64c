import { ManualClock } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { mapConcurrently } from './map-concurrently.js';

describe('mapConcurrently()', () => {
  it('answers in the order of the input, whatever ends first', async () => {
    const clock = new ManualClock();
    const results = mapConcurrently([30, 10, 20], 3, async (ms, index) => {
      await clock.sleep(ms);
      return `${index}:${ms}`;
    });
    expect(await clock.drive(results)).toEqual(['0:30', '1:10', '2:20']);
  });

  it('has at most so many calls under way, and so many', async () => {
    const clock = new ManualClock();
    let [current, most] = [0, 0];
    await clock.drive(
      mapConcurrently(Array.from({ length: 10 }), 4, async () => {
        most = Math.max(most, (current += 1));
        await clock.sleep(1);
        current -= 1;
      }),
    );
    expect(most).toBe(4);
  });

  it('calls nothing for nothing', async () => {
    expect(await mapConcurrently([], 4, () => Promise.reject(new Error('called')))).toEqual([]);
  });

  it('begins nothing after a failure, waits for what is under way and throws the error', async () => {
    const clock = new ManualClock();
    const begun: number[] = [];
    let ended = 0;
    const failure = new Error('second');
    const running = mapConcurrently([1, 2, 3, 4, 5], 2, async (input) => {
      begun.push(input);
      if (input === 2) throw failure;
      await clock.sleep(100);
      ended += 1;
    });
    await expect(clock.drive(running)).rejects.toBe(failure);
    expect(begun).toEqual([1, 2]);
    expect(ended).toBe(1);
  });

  it('takes a synchronous throw and a failure that is undefined for what they are', async () => {
    const thrower = (): Promise<void> => {
      throw new RangeError('at once');
    };
    await expect(mapConcurrently([1], 1, thrower)).rejects.toThrow(RangeError);
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- somebody's code may
    const rejected = mapConcurrently([1], 1, () => Promise.reject(undefined));
    await expect(rejected).rejects.toBeUndefined();
  });
});
