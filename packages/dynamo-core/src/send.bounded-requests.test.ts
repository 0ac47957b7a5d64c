import { ManualClock } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { bounded } from './send.js';
import type { DynamoTransport, RequestOptions } from './transport.js';

const get = { TableName: 't', Key: {} };

/** Accepts requests and answers none; remembers what it was given. */
function silent(usesSockets?: boolean): DynamoTransport & { given: RequestOptions<'GetItem'>[] } {
  const given: RequestOptions<'GetItem'>[] = [];
  return {
    given,
    usesSockets,
    call: (_operation, _input, options) => {
      given.push(options as RequestOptions<'GetItem'>);
      return new Promise(() => {});
    },
  };
}

describe('bounded()', () => {
  it('ends what is never answered, aborts it and leaves no timer', async () => {
    const [clock, inner] = [new ManualClock(), silent()];
    const call = bounded(inner, clock, 100).call('GetItem', get);
    const failed = call.catch((error: unknown) => error);
    await clock.advance(99);
    expect(inner.given[0]?.signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(await failed).toMatchObject({ name: 'TimeoutError' });
    expect(inner.given[0]?.signal?.aborted).toBe(true);
    expect(clock.pendingSleeps).toBe(0);
  });

  it('ends at the moment when the signal of the caller aborts, with its reason', async () => {
    const [clock, inner, controller] = [new ManualClock(), silent(), new AbortController()];
    const { signal } = controller;
    const call = bounded(inner, clock, 100).call('GetItem', get, { signal });
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    expect(clock.pendingSleeps).toBe(0);
  });

  it('passes answers and what builds a request anew on', async () => {
    const clock = new ManualClock();
    const rebuild = (): typeof get => get;
    const inner: DynamoTransport = {
      call: (_operation, _input, options) =>
        Promise.resolve({ isSame: options?.rebuild === (rebuild as unknown) } as never),
    };
    const answer = await bounded(inner, clock, 100).call('GetItem', get, { rebuild });
    expect(answer).toEqual({ isSame: true });
    expect(clock.pendingSleeps).toBe(0);
  });

  it('leaves alone what answers within the process', () => {
    const inner = silent(false);
    expect(bounded(inner, new ManualClock(), 100)).toBe(inner);
  });
});
