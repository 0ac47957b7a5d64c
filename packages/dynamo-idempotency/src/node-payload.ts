import type { IncomingMessage } from 'node:http';

import { InvalidInputError } from '@x/dynamo-core';
import { nodeModule, sha256 } from '@x/dynamo-core/mechanism';

import { bodyDigests } from './body-digests.js';

/** What a request of HTTP/2 has beside what others have. */
interface Http2Stream {
  readonly endAfterHeaders?: boolean;
}

/** What parsers of bodies leave on a request. */
interface Parsed {
  readonly body?: unknown;
  /** An uploaded file (multer). */
  readonly file?: unknown;
  /** Uploaded files (multer, express-fileupload): in a list, or by the names of their fields. */
  readonly files?: unknown;
}

/** An uploaded file, as multer, express-fileupload and `@fastify/multipart` say it. */
interface Upload {
  readonly fieldname?: string;
  readonly originalname?: string;
  readonly filename?: string;
  readonly name?: string;
  readonly mimetype?: string;
  readonly size?: number;
  /** Its content, of the first one that has bytes. */
  readonly buffer?: unknown;
  readonly data?: unknown;
  readonly _buf?: unknown;
}

/** A field of a form by `@fastify/multipart`: text, or a file. */
interface Part extends Upload {
  readonly type: 'field' | 'file';
  readonly value?: unknown;
  /** The body that it is in. */
  readonly fields: unknown;
}

/**
 * What a request of node:http is about: its query, its parsed body, and its uploaded files. Throws
 * where no parser has read its body, or its files are not at hand: two of them could not be told apart.
 */
export function payloadOf(raw: IncomingMessage, url: string, parsed: Parsed): unknown {
  const { body, file, files } = parsed;
  if (isUnread(raw, body)) {
    const allowed = 'parsed before, in memory: express.json(), attachFieldsToBody';
    throw new InvalidInputError('request.body', body, allowed, { isData: true });
  }
  return [url.slice(pathOf(url).length), bodyOf(raw, body), uploadsOf({ file }), uploadsOf(files)];
}

/** Without the query. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

function isUnread(raw: IncomingMessage, body: unknown): boolean {
  if (typeof (body as { pipe?: unknown } | undefined)?.pipe === 'function') return true;
  // The parsers of Express 4 leave an empty object in place of what is none of theirs.
  const isEmpty = body === null || (isRecord(body) && Object.keys(body).length === 0);
  return hasBody(raw) && (body === undefined || (isEmpty && !raw.readableDidRead));
}

/** HTTP/2 says no length: there, what has a type and does not end with its headers has a body. */
function hasBody({ headers, stream }: IncomingMessage & { stream?: Http2Stream }): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  if (Number(headers['content-length'] ?? 0) > 0) return true;
  return stream?.endAfterHeaders === false && headers['content-type'] !== undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** The body, with digests in place of its bytes and files. */
function bodyOf(raw: IncomingMessage, body: unknown): unknown {
  if (nodeModule('node:util').types.isUint8Array(body))
    return bodyDigests(body, raw.headers['content-type']);
  if (!isRecord(body)) return body ?? null;
  const valueOf = (value: unknown): unknown => {
    if (nodeModule('node:util').types.isUint8Array(value)) return { digest: sha256(value) };
    const part = value as Part | null | undefined;
    // It holds itself, as nothing does that was parsed from text.
    if (part?.fields !== body) return value;
    return part.type === 'file' ? uploadOf(part, part.fieldname) : { value: part.value };
  };
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(valueOf) : valueOf(value),
    ]),
  );
}

/** Files by the names of their fields, or in a list. */
function uploadsOf(files: unknown): unknown {
  // Methods have these names in `@fastify/multipart`.
  if (typeof files !== 'object' || files === null) return null;
  return Object.entries(files).map(([name, value]) => [
    name,
    typeof value === 'object' ? [value].flat().map((one) => uploadOf(one as Upload, name)) : null,
  ]);
}

/** What a file is: its field, its name, its type and its content. */
function uploadOf(upload: Upload, field = ''): unknown {
  const { fieldname = field, originalname, filename, name, mimetype, size } = upload;
  const { buffer, data, _buf } = upload;
  const content = [buffer, data, _buf].find(nodeModule('node:util').types.isUint8Array);
  if (content === undefined || content.byteLength !== (size ?? content.byteLength)) {
    const allowed = 'in memory';
    throw new InvalidInputError('request.file', upload, allowed, { isData: true });
  }
  return [fieldname, originalname ?? filename ?? name ?? null, mimetype ?? null, sha256(content)];
}
