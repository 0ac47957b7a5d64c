import { expect, it } from 'vitest';

import { toWireJson } from './token-id.js';

it('toWireJson() keeps binaries, at any depth', () => {
  const attribute = {
    M: {
      base64: { S: 'a name like the mark' },
      list: { L: [{ B: new Uint8Array([0, 255]) }, { N: '1' }] },
      set: { BS: [new Uint8Array([1])] },
    },
  };
  expect(JSON.parse(toWireJson(attribute))).toEqual({
    M: {
      ...attribute.M,
      list: { L: [{ B: { base64: 'AP8=' } }, { N: '1' }] },
      set: { BS: [{ base64: 'AQ==' }] },
    },
  });
});

it('toWireJson() is the same text for a Buffer and the Uint8Array of its bytes', () => {
  expect(toWireJson({ B: Buffer.from('ab') })).toBe(toWireJson({ B: new Uint8Array([97, 98]) }));
});
