import { describe, expect, it } from 'vitest';

import { Answering } from '../test/answering.js';
import { pages } from './pages.js';

const key = (id: string): { key: { S: string } } => ({ key: { S: id } });

async function counts(transport: Answering, start?: object): Promise<(number | undefined)[]> {
  const found = [];
  const input = { TableName: 't', ...start };
  for await (const page of pages(transport, 'Scan', input)) found.push(page.Items?.length);
  return found;
}

describe('pages()', () => {
  it('goes on after an empty page and ends where there is no last key', async () => {
    const answers = [
      { Items: [key('a')], LastEvaluatedKey: key('a') },
      { Items: [], LastEvaluatedKey: key('m') },
      { LastEvaluatedKey: key('n') },
      { Items: [key('z')] },
    ];
    const transport = new Answering((_, index) => answers[index] ?? {});
    expect(await counts(transport)).toEqual([1, 0, undefined, 1]);
    expect(transport.requests.map(({ input }) => input)).toEqual([
      { TableName: 't' },
      { TableName: 't', ExclusiveStartKey: key('a') },
      { TableName: 't', ExclusiveStartKey: key('m') },
      { TableName: 't', ExclusiveStartKey: key('n') },
    ]);
  });

  it('ends at a last key of null, as a transport answers that speaks JSON', async () => {
    const transport = new Answering(() => ({ Items: [key('a')], LastEvaluatedKey: null }));
    expect(await counts(transport)).toEqual([1]);
  });

  it('reads twice as many rows with each request, up to a limit', async () => {
    const transport = new Answering((_, index) =>
      index < 5 ? { Items: [], LastEvaluatedKey: key(`${index}`) } : {},
    );
    const input = { TableName: 't', Limit: 3 };
    for await (const _ of pages(transport, 'Query', input, { limitMax: 20 }));
    const limits = transport.requests.map((request) => (request.input as { Limit: number }).Limit);
    expect(limits).toEqual([3, 6, 12, 20, 20, 20]);
  });

  it('begins where it is told to', async () => {
    const transport = new Answering(() => ({ Items: [] }));
    await counts(transport, { ExclusiveStartKey: key('m') });
    expect(transport.requests[0]?.input).toEqual({ TableName: 't', ExclusiveStartKey: key('m') });
  });

  it('sends nothing more once the loop is left', async () => {
    const transport = new Answering(() => ({ LastEvaluatedKey: key('a') }));
    const input = { TableName: 't' };
    for await (const page of pages(transport, 'Query', input)) if (page.LastEvaluatedKey) break;
    expect(transport.operations).toEqual(['Query']);
  });

  it('hands the signal to each request', async () => {
    const { signal } = new AbortController();
    const transport = new Answering();
    await pages(transport, 'Scan', { TableName: 't' }, { signal }).next();
    expect(transport.requests[0]?.options?.signal).toBe(signal);
  });
});
