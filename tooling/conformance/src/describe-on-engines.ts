import { afterAll, describe, inject } from 'vitest';

import { ConformanceEngine } from './conformance-engine.js';
import type { EngineAddress } from './engine-address.js';

/** One block of tests per engine: the same tests run on each of them. */
export function describeOnEngines(title: string, tests: Tests): void {
  describeOn(engines(), title, tests);
}

/** One block of tests on the first engine: what they show lies between requests, not in an engine. */
export function describeOnOneEngine(title: string, tests: Tests): void {
  describeOn(engines().slice(0, 1), title, tests);
}

type Tests = (engine: ConformanceEngine) => void;

function engines(): readonly EngineAddress[] {
  const addresses = inject('engines');
  if (addresses === undefined) {
    throw new Error('Cannot find the engines: these tests belong into a folder "test", not "src"');
  }
  return addresses;
}

function describeOn(addresses: readonly EngineAddress[], title: string, tests: Tests): void {
  for (const address of addresses) {
    describe(`${title} on ${address.name}`, () => {
      const engine = new ConformanceEngine(address);
      afterAll(() => engine.close());
      tests(engine);
    });
  }
}
