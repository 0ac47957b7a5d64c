import type { IncomingHttpHeaders } from 'node:http';

import { wireAnswer, type WireAnswer } from './answer-wire.js';

/** What is looked at before the body of a request is read. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

const target = /^DynamoDB(?:Streams)?_20120810\.([A-Za-z]+)$/;
const jsonTypes: readonly string[] = ['application/x-amz-json-1.0', 'application/json'];

/**
 * The operation that a request asks for, or what DynamoDB answers to one that is none of its
 * protocol: another method, path or type, an operation of another service, no authentication. A
 * signature must be there; it is not checked.
 */
export function admitRequest({ method, url = '/', headers }: RequestHead): string | WireAnswer {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  if (method === 'GET' && pathname === '/') {
    return plainAnswer(200, 'healthy: dynamodb.us-east-1.amazonaws.com ');
  }
  const type = headers['content-type']?.split(';')[0]?.trim() ?? '';
  if (method !== 'POST' || pathname !== '/' || !jsonTypes.includes(type)) {
    return plainAnswer(404, '<UnknownOperationException/>\n');
  }
  const operation = target.exec(String(headers['x-amz-target']))?.[1];
  if (operation === undefined) return refusal(400, 'UnknownOperationException');
  const problem = searchParams.has('X-Amz-Algorithm') ? undefined : signatureProblem(headers);
  return problem ?? operation;
}

/** A refusal by what stands before DynamoDB itself. */
export function refusal(status: number, name: string, message?: string): WireAnswer {
  return wireAnswer(status, { __type: `com.amazon.coral.service#${name}`, message });
}

function signatureProblem(headers: IncomingHttpHeaders): WireAnswer | undefined {
  const { authorization = '', date, 'x-amz-date': signedAt = date } = headers;
  if (!authorization.startsWith('AWS4-')) {
    const message = 'Request is missing Authentication Token';
    return refusal(400, 'MissingAuthenticationTokenException', message);
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((part) => !authorization.includes(`${part}=`))
    .map((part) => `Authorization header requires '${part}' parameter.`);
  if (signedAt === undefined) {
    missing.push(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  if (missing.length === 0) return undefined;
  return refusal(400, 'IncompleteSignatureException', missing.join(' '));
}

function plainAnswer(status: number, body: string): WireAnswer {
  return { status, body, headers: { 'content-length': String(Buffer.byteLength(body)) } };
}
