import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  ResourceNotFoundException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { DynamoServiceError, serviceError } from './service-error.js';

const of = (status: number, text: string, headers: Record<string, string> = {}) =>
  serviceError({ status, text, header: (name) => headers[name] }, { httpStatusCode: status });
const named = (name: string, fields: object = {}): string =>
  JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'm', ...fields });

describe('serviceError', () => {
  it("is an instance of the SDK's class of the same name, and of no other", () => {
    const refused = of(
      400,
      named('ConditionalCheckFailedException', { Item: { a: { B: 'AQ==' } } }),
    );
    expect(refused).toBeInstanceOf(ConditionalCheckFailedException);
    expect(refused).toBeInstanceOf(DynamoDBServiceException);
    expect(refused).toBeInstanceOf(DynamoServiceError);
    expect(refused).not.toBeInstanceOf(ResourceNotFoundException);
    expect(refused).toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'm',
      $fault: 'client',
      Item: { a: { B: new Uint8Array([1]) } },
    });
    expect(of(400, named('TransactionCanceledException'))).toBeInstanceOf(
      TransactionCanceledException,
    );
  });

  it('says nothing of whose fault an answer is that is not DynamoDBs', () => {
    expect(of(403, '<html>').$fault).toBeUndefined();
    expect(of(502, '<html>').$fault).toBe('server');
    for (const text of ['{"__type":""}', '{"__type":"a#"}']) {
      expect(of(400, text)).toMatchObject({ name: 'Unknown', $fault: undefined });
    }
    expect(of(400, '[]').name).toBe('Unknown');
    expect(of(400, 'null').name).toBe('Unknown');
    expect(
      of(400, '{"message":"m"}', { 'x-amzn-errortype': 'ValidationException:http://x' }),
    ).toMatchObject({ name: 'ValidationException', $fault: 'client' });
  });
});
