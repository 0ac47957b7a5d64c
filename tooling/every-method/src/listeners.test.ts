import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';

import { afterEach, beforeEach, expect } from 'vitest';

import { followingCalls } from './every-subject.js';
import { invoke, testEach } from './subject.js';
import { World } from './world.js';

const warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);

beforeEach(() => {
  warnings.length = 0;
  process.on('warning', onWarning);
});

afterEach(() => {
  process.off('warning', onWarning);
});

// A signal that lives as long as its process is followed by nobody when a call has ended.
testEach(
  '%s leaves no listener on a signal that lives long',
  followingCalls,
  async ({ open }, method, { args }) => {
    const { signal } = new AbortController();
    const world = new World();
    const opened = await open(world, 'a');
    for (let calls = 0; calls < 20; calls++) {
      const call = invoke(opened, method, args({ options: { signal }, text: 'a' }));
      await world.drive(call.catch(() => undefined));
      // What a call has taken may be held: that follows the signal no longer.
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    }
    await setImmediate();
    expect(warnings).toEqual([]);
  },
);
