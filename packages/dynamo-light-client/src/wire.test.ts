import { describe, expect, it } from 'vitest';

import { fromBody, toBody } from './wire.js';

const bytes = new Uint8Array([1, 2, 255]);
const text = 'AQL/';

describe('toBody', () => {
  it('writes bytes in base64, wherever they are, and leaves the input as it is', () => {
    const view = new Uint8Array([9, 1, 2, 255]).subarray(1);
    const input = { Item: { a: { L: [{ M: { b: { B: view } } }] }, c: { BS: [bytes] } } };
    expect(JSON.parse(toBody(input))).toEqual({
      Item: { a: { L: [{ M: { b: { B: text } } }] }, c: { BS: [text] } },
    });
    expect(input.Item.a.L[0]?.M.b.B).toBe(view);
  });
});

describe('fromBody', () => {
  it('makes bytes of base64 in every place of rows', () => {
    const row = { b: { M: { c: { L: [{ B: text }, { BS: [text] }] } } } };
    const revived = { b: { M: { c: { L: [{ B: bytes }, { BS: [bytes] }] } } } };
    const answer = (one: object): object => ({
      Item: one,
      Attributes: one,
      Items: [one],
      LastEvaluatedKey: one,
      Responses: { t: [one] },
      UnprocessedKeys: { t: { Keys: [one] } },
      UnprocessedItems: { t: [{ PutRequest: { Item: one } }, { DeleteRequest: { Key: one } }] },
      ItemCollectionMetrics: { t: [{ ItemCollectionKey: one }] },
      CancellationReasons: [{ Code: 'None' }, { Item: one }],
    });
    expect(fromBody(JSON.stringify(answer(row)))).toEqual(answer(revived));
    const single = { ItemCollectionMetrics: { ItemCollectionKey: { a: { B: text } } } };
    expect(fromBody(JSON.stringify(single))).toEqual({
      ItemCollectionMetrics: { ItemCollectionKey: { a: { B: bytes } } },
    });
  });

  it('keeps an attribute that is called B, or ends in DateTime', () => {
    const body = { Item: { B: { S: text }, aDateTime: { N: '1' } } };
    expect(fromBody(JSON.stringify(body))).toEqual(body);
  });

  it('makes dates of the seconds in descriptions of tables', () => {
    const body = JSON.stringify({ Table: { CreationDateTime: 1.5, ItemCount: 1 } });
    expect(fromBody(body)).toEqual({ Table: { CreationDateTime: new Date(1500), ItemCount: 1 } });
  });

  it('throws for what is no object in JSON', () => {
    for (const text of ['', '{"It', '[]', 'null', '5']) {
      expect(() => fromBody(text)).toThrow(SyntaxError);
    }
  });
});
