import { Readable } from 'node:stream';
import { types } from 'node:util';

import type { SdkRequest, SdkResponse } from './request-handler.js';

/** A JSON object on the wire. */
export type Json = Readonly<Record<string, unknown>>;

/** The operation of a request of the JSON protocol, without the version of the API. */
export function operationOf(request: SdkRequest): string {
  const target = request.headers['x-amz-target'] ?? request.headers['X-Amz-Target'] ?? '';
  return target.slice(target.lastIndexOf('.') + 1);
}

/** The body of a request of the JSON protocol. */
export function inputOf(request: SdkRequest): Json {
  return JSON.parse(textOf(request)) as Json;
}

/** The same, as it would be sent. */
export function textOf({ body }: SdkRequest): string {
  const bytes = body as string | Uint8Array | undefined;
  if (bytes === undefined || typeof bytes === 'string') return bytes ?? '';
  // The SDK's own bytes warn of each method of a text that is called, `valueOf` among them.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/**
 * The same request with another body. Its signature does not fit any more: engines for tests do not
 * check it, AWS does.
 */
export function withInput(request: SdkRequest, input: Json): SdkRequest {
  const body = JSON.stringify(input);
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(body)) };
  const copy: SdkRequest = Object.create(Object.getPrototypeOf(request) as object);
  return Object.assign(copy, request, { headers, body });
}

/** Reads a response to its end, so that the connection is free for the next request. */
export async function readBody(output: SdkResponse): Promise<Json> {
  const whole: unknown = output.response.body;
  if (types.isUint8Array(whole)) return JSON.parse(Buffer.from(whole).toString()) as Json;
  const chunks: Uint8Array[] = [];
  for await (const chunk of output.response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Json);
}

/** A response as a server would send it. */
export function jsonResponse(statusCode: number, body: Json): SdkResponse {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': String(bytes.length),
  };
  return { response: { statusCode, headers, body: Readable.from([bytes]) } } as SdkResponse;
}

/** What the SDK's own handler rejects with when a connection is reset. */
export function connectionReset(): Error {
  return Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
}
