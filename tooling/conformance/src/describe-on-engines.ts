import { afterAll, describe, inject } from 'vitest';

import { ConformanceEngine } from './conformance-engine.js';

/** One block of tests per engine: the same tests run on each of them. */
export function describeOnEngines(title: string, tests: (engine: ConformanceEngine) => void): void {
  const addresses = inject('engines');
  if (addresses === undefined) {
    throw new Error('Cannot find the engines: these tests belong into a folder "test", not "src"');
  }
  for (const address of addresses) {
    describe(`${title} on ${address.name}`, () => {
      const engine = new ConformanceEngine(address);
      afterAll(() => engine.close());
      tests(engine);
    });
  }
}
