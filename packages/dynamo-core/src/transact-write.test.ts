import { seededRandom } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Answering, type Answer } from '../test/answering.js';
import { transactWrite, type TransactItem, type TransactWriteOptions } from './transact-write.js';

const item: TransactItem = { Put: { TableName: 't', Item: { key: { S: 'a' } } } };

function setUp(answer: Answer): {
  transport: Answering;
  write: (items?: readonly TransactItem[], more?: Partial<TransactWriteOptions>) => Promise<void>;
} {
  const transport = new Answering(answer);
  const options = { transport, random: seededRandom(1) };
  return {
    transport,
    write: (items = [item], more = {}) => transactWrite(items, { ...options, ...more }),
  };
}

describe('transactWrite()', () => {
  it('sends one request with a token of its own', async () => {
    const { transport, write } = setUp(() => ({}));
    await write();
    await write();
    const tokens = transport.requests.map(
      ({ input }) => (input as { ClientRequestToken: string }).ClientRequestToken,
    );
    expect(transport.requests[0]?.input).toEqual({
      TransactItems: [item],
      ClientRequestToken: tokens[0],
    });
    expect(new Set(tokens).size).toBe(2);
    expect(tokens[0]).toMatch(/^[\w-]{12}$/);
  });

  it("keeps the caller's token", async () => {
    const { transport, write } = setUp(() => ({}));
    await write([item], { token: 'message-7' });
    expect(transport.requests[0]?.input).toMatchObject({ ClientRequestToken: 'message-7' });
  });

  it("hashes a token that is longer than DynamoDB's", async () => {
    const { transport, write } = setUp(() => ({}));
    await write([item], { token: 'x'.repeat(36) });
    await write([item], { token: 'x'.repeat(37) });
    await write([item], { token: 'x'.repeat(38) });
    const [kept, ...hashed] = transport.requests.map(
      ({ input }) => (input as { ClientRequestToken: string }).ClientRequestToken,
    );
    expect(kept).toBe('x'.repeat(36));
    expect(hashed).toEqual([expect.stringMatching(/^[\w-]{36}$/), expect.any(String)]);
    expect(hashed[0]).not.toBe(hashed[1]);
  });

  it.each([
    ['no items', [], {}],
    ['more than 100', Array.from({ length: 101 }, () => item), {}],
    ['an empty token', [item], { token: '' }],
    ['a token with half of an emoji', [item], { token: 'a\ud83d' }],
  ])('refuses %s, and sends nothing', async (_, items, options) => {
    const { transport, write } = setUp(() => ({}));
    await expect(write(items, options)).rejects.toMatchObject({ code: 'InvalidInput' });
    expect(transport.requests).toEqual([]);
  });
});
