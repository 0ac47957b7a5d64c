import { N, S, type AttributeValue } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import { answerCodec } from './answer.js';

test.each<[string, AttributeValue]>([
  ['another type', S('hunter2')],
  ['no body', { M: { status: N(200), headers: S('[]') } }],
  [
    'headers cut off',
    { M: { status: N(200), headers: S('[["a","hunter2'), body: { B: new Uint8Array() } } },
  ],
])('a row that holds %s is refused by its key, and not shown', async (_, attribute) => {
  const reading = (async () => answerCodec.decode(attribute, 'u/k'))();
  await expect(reading).rejects.toMatchObject({ code: 'UnreadableRow', key: 'u/k' });
  await expect(reading).rejects.not.toThrow('hunter2');
});
