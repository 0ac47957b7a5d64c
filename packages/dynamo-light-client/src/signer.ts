import type { KeyObject } from 'node:crypto';

import { nodeModule } from '@x/dynamo-core/mechanism';

const crypto = /* @__PURE__ */ nodeModule('node:crypto');

/** What requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end. Left out, they never do. */
  readonly expiration?: Date | undefined;
}

/** Where a signature is valid. */
export interface SignerScope {
  readonly region: string;
  readonly host: string;
  /** As a `URL` has it. @default '/' */
  readonly path?: string | undefined;
}

/** One request, as it is signed. */
export interface SignedParts {
  readonly target: string;
  readonly body: string;
  readonly credentials: Credentials;
  readonly nowMs: number;
}

/**
 * Signature Version 4 for the one shape of request that there is: POST to one URL, without a query,
 * with a fixed set of headers in canonical order. The key of the day is kept.
 */
export class Signer {
  readonly #host: string;
  readonly #region: string;
  readonly #scopeEnd: string;
  readonly #requestStart: string;
  #second = -1;
  #date = '';
  #day = '';
  #secret: string | undefined;
  #keyDay = '';
  #key: KeyObject | undefined;

  constructor({ region, host, path = '/' }: SignerScope) {
    this.#host = host;
    this.#region = region;
    this.#scopeEnd = `/${region}/dynamodb/aws4_request`;
    this.#requestStart = `POST\n${canonicalPath(path)}\n\ncontent-type:application/x-amz-json-1.0\nhost:${host}\nx-amz-date:`;
  }

  /** The headers to send, names and values in turn, `host` first. */
  sign({ target, body, credentials, nowMs }: SignedParts): string[] {
    this.#setDate(nowMs);
    const date = this.#date;
    const { accessKeyId, sessionToken } = credentials;
    const scope = this.#day + this.#scopeEnd;
    const token = sessionToken ? `x-amz-security-token:${sessionToken}\n` : '';
    const names = `content-type;host;x-amz-date;${token && 'x-amz-security-token;'}x-amz-target`;
    const request = `${this.#requestStart}${date}\n${token}x-amz-target:${target}\n\n${names}\n${sha256(body)}`;
    const signature = crypto
      .createHmac('sha256', this.#keyOf(credentials.secretAccessKey))
      .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(request)}`)
      .digest('hex');
    const headers = [
      'host',
      this.#host,
      'content-type',
      'application/x-amz-json-1.0',
      'x-amz-date',
      date,
      'x-amz-target',
      target,
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    ];
    if (sessionToken) headers.push('x-amz-security-token', sessionToken);
    return headers;
  }

  #setDate(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return;
    this.#second = second;
    // By hand: the first `toISOString` of a process takes longer than a signature.
    const date = new Date(second * 1000);
    const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
    this.#day = digits(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
    this.#date = `${this.#day}T${digits(...time)}Z`;
  }

  #keyOf(secret: string): KeyObject {
    if (this.#key !== undefined && this.#keyDay === this.#day && this.#secret === secret)
      return this.#key;
    const parts = [this.#day, this.#region, 'dynamodb', 'aws4_request'];
    const key = parts.reduce<string | Buffer>(hmac, `AWS4${secret}`);
    this.#key = crypto.createSecretKey(key as Buffer);
    this.#keyDay = this.#day;
    this.#secret = secret;
    return this.#key;
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return crypto.createHmac('sha256', key).update(text).digest();
}

function digits(...parts: readonly number[]): string {
  return parts.map((part) => String(part).padStart(2, '0')).join('');
}

/** `crypto.hash` is one call instead of three. Other runtimes than Node may lack it. */
function sha256(text: string): string {
  return typeof crypto.hash === 'function'
    ? crypto.hash('sha256', text, 'hex')
    : crypto.createHash('sha256').update(text).digest('hex');
}

/** Each segment is escaped once more than it is sent; empty ones are left out. */
function canonicalPath(path: string): string {
  if (path === '/') return path;
  const segments = path.replaceAll(/\/{2,}/g, '/').split('/');
  return segments.map(escaped).join('/');
}

function escaped(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
