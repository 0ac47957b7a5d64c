import { S } from '@x/dynamo-core';
import { connect } from '@x/dynamo-core/mechanism';
import { MemoryDynamo } from '@x/dynamo-testing';

import type { CounterTarget } from '../src/counter-row.js';

const marker = { key: { key: S('n.#m') }, displayKey: 'n.#m' };

/** The row of a counter that belongs to no namespace. */
export const target: CounterTarget = {
  table: {
    ...connect({ dynamo: new MemoryDynamo(), tableName: 'keys' }, 'keys'),
    address: () => ({ key: { key: S('n.a') }, displayKey: 'n.a' }),
    markerAddress: () => marker,
    dataName: 'data',
    versionName: 'version',
    expressions: (_, make) => make(),
  },
  key: { key: S('n.a') },
  displayKey: 'n.a',
  markerAt: () => marker,
};

/** The same, of the namespace `n`. */
export const owned: CounterTarget = {
  ...target,
  table: { ...target.table, owner: { name: 'ns', value: 'n' } },
};
