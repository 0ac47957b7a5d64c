import { InvalidInputError } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import { MemoryDynamo } from '../memory/memory-dynamo.js';
import { injectFaults } from './inject-faults.js';

test.each([undefined, null, 'client', {}, { config: {} }, new MemoryDynamo()])(
  'injectFaults() refuses what is no client of the SDK by its name: %j',
  (client) => {
    expect(() => injectFaults(client as never, () => undefined)).toThrow(InvalidInputError);
  },
);
