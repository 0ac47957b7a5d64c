import { describeOnEngines, describeOnOneEngine } from '@x/conformance';
import { keysTable } from '@x/dynamo-core';
import { injectFaults } from '@x/dynamo-testing';
import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import { Keyv as Keyv6 } from 'keyv-6';
import * as vitest from 'vitest';

import { DynamoKeyv } from '../src/index.js';
import { DynamoKeyv as DynamoKeyv6 } from '../src/v6.js';

/** The suite is that of Keyv 5, in which `deleteMany` answers once for all, and stores have `opts`. */
const ofFive = [
  '.deleteMany([keys]) with nonexistent keys resolves to false',
  'value can be BigInt using other serializer/deserializer',
];
const ofSix = {
  ...vitest,
  it: (name: string, run: () => unknown): void => {
    if (!ofFive.includes(name)) vitest.it(name, run);
  },
};

describeOnOneEngine('the official suite of Keyv', (engine) => {
  let tableName: string;
  vitest.beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  vitest.describe('on Keyv 5', () => {
    let dynamo: ReturnType<typeof engine.client>;
    vitest.beforeAll(() => {
      dynamo = engine.client();
    });
    const store = (): DynamoKeyv => new DynamoKeyv({ dynamo, tableName, namespace: 'five' });
    keyvTestSuite(vitest, Keyv, store as never);
    keyvIteratorTests(vitest, Keyv, store as never);
  });

  vitest.describe('on Keyv 6', () => {
    let dynamo: ReturnType<typeof engine.client>;
    vitest.beforeAll(() => {
      dynamo = engine.client();
    });
    const store = (): DynamoKeyv6 => new DynamoKeyv6({ dynamo, tableName, namespace: 'six' });
    keyvTestSuite(ofSix as never, Keyv6 as never, store as never);
    keyvIteratorTests(ofSix as never, Keyv6 as never, store as never);
  });
});

describeOnEngines('the official suite of Keyv', (engine) => {
  let tableName: string;
  vitest.beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  vitest.describe('on Keyv 5, where the first response of every request is lost', () => {
    let dynamo: ReturnType<typeof engine.client>;
    vitest.beforeAll(() => {
      dynamo = engine.client();
      injectFaults(dynamo, ({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined));
    });
    const store = (): DynamoKeyv => new DynamoKeyv({ dynamo, tableName, namespace: 'lost' });
    keyvTestSuite(vitest, Keyv, store as never);
    keyvIteratorTests(vitest, Keyv, store as never);
  });
});
