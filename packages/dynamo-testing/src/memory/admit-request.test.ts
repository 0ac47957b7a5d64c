import { crc32 } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { MemoryDynamo } from './memory-dynamo.js';
import { serve, type ServedMemory } from './serve.js';

const signed = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.ListTables',
  'x-amz-date': '20260101T000000Z',
  authorization: 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c',
};

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly crc32: string | null;
}

describe('serve() over HTTP', () => {
  let served: ServedMemory;

  beforeEach(async () => {
    served = await serve(new MemoryDynamo());
  });

  afterEach(() => served.stop());

  async function request(
    headers: Readonly<Record<string, string>> = signed,
    { method = 'POST', path = '/', body = '{}' } = {},
  ): Promise<Reply> {
    const init = { method, headers, ...(method === 'GET' ? {} : { body }) };
    const response = await fetch(served.endpoint + path, init);
    return {
      status: response.status,
      text: await response.text(),
      crc32: response.headers.get('x-amz-crc32'),
    };
  }

  test('answers carry the checksum that clients compare', async () => {
    const { status, text, crc32: sum } = await request();
    expect({ status, text, sum }).toEqual({
      status: 200,
      text: '{"TableNames":[]}',
      sum: String(crc32('{"TableNames":[]}')),
    });
  });

  test('GET / says that the service is there', async () => {
    const { status, text } = await request({}, { method: 'GET' });
    expect({ status, text }).toEqual({
      status: 200,
      text: 'healthy: dynamodb.us-east-1.amazonaws.com ',
    });
  });

  test.each([
    ['another path', { path: '/tables' }, {}],
    ['another method', { method: 'PUT' }, {}],
    ['another type of content', {}, { 'content-type': 'text/plain' }],
  ])('%s is not found', async (_name, init, headers) => {
    const { status, text } = await request({ ...signed, ...headers }, init);
    expect({ status, text }).toEqual({ status: 404, text: '<UnknownOperationException/>\n' });
  });

  test.each([
    [{ 'x-amz-target': 'ListTables' }, 'UnknownOperationException'],
    [{ 'x-amz-target': 'DynamoDB_20111205.ListTables' }, 'UnknownOperationException'],
    [{ 'x-amz-target': 'DynamoDB_20120810.ExecuteStatement' }, 'UnknownOperationException'],
    [{ authorization: '' }, 'MissingAuthenticationTokenException'],
    [{ authorization: 'AWS4-HMAC-SHA256 Credential=a' }, 'IncompleteSignatureException'],
  ])('the headers %o are answered with %s', async (headers, name) => {
    const { status, text } = await request({ ...signed, ...headers });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ __type: `com.amazon.coral.service#${name}` });
  });

  test.each([
    ['{', { __type: 'com.amazon.coral.service#SerializationException' }],
    [
      '{"Limit":"1"}',
      {
        __type: 'com.amazon.coral.service#SerializationException',
        Message: 'STRING_VALUE cannot be converted to Integer',
      },
    ],
    [
      '{"Limit":0}',
      {
        __type: 'com.amazon.coral.validate#ValidationException',
        message: expect.stringContaining("Value '0' at 'limit'") as string,
      },
    ],
  ])('the body %s is refused as DynamoDB does', async (body, expected) => {
    const { text } = await request(signed, { body });
    expect(JSON.parse(text)).toEqual(expected);
  });

  test('a body that is nested too deeply is refused, and nothing that is sent again', async () => {
    const { status, text } = await request(signed, { body: '['.repeat(200_000) });
    expect(status).toBe(400);
    expect(text).toContain('SerializationException');
    const body = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(await request(signed, { body })).toMatchObject({ status: 400, text });
  });
});
