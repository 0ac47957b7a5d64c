import type { Hmac, KeyObject } from 'node:crypto';

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

const json = 'application/x-amz-json-1.0';
const algorithm = 'AWS4-HMAC-SHA256';

/**
 * Signature Version 4 for the one shape of request that there is: POST to one URL, without a query,
 * with a fixed set of headers in canonical order. The key of the day is kept.
 */
export class Signer {
  readonly #region: string;
  readonly #host: string;
  readonly #path: string;
  #second = 0;
  #date = '';
  #scope = '';
  #key: KeyObject | undefined;
  /** What the key is made of. */
  #keyScope = '';
  #secret = '';

  constructor({ region, host, path = '/' }: SignerScope) {
    this.#region = region;
    this.#host = host;
    this.#path = canonicalPath(path);
  }

  /** The headers to send, names and values in turn, `host` first. */
  sign({ target, body, credentials, nowMs }: SignedParts): string[] {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const host = this.#host;
    this.#setTime(Math.floor(nowMs / 1000));
    const date = this.#date;
    const scope = this.#scope;
    const token = sessionToken ? `x-amz-security-token:${sessionToken}\n` : '';
    const names = `content-type;host;x-amz-date;${token && 'x-amz-security-token;'}x-amz-target`;
    const request = `POST\n${this.#path}\n\ncontent-type:${json}\nhost:${host}\nx-amz-date:${date}\n${token}x-amz-target:${target}\n\n${names}\n${sha256(body)}`;
    if (this.#keyScope !== scope || this.#secret !== secretAccessKey) {
      const key = scope.split('/').reduce<Key>(keyOf, `AWS4${secretAccessKey}`);
      // One that is made ready saves a third of a signature.
      this.#key = crypto.createSecretKey(key as Buffer);
      this.#keyScope = scope;
      this.#secret = secretAccessKey;
    }
    const signature = hmac(
      this.#key as KeyObject,
      `${algorithm}\n${date}\n${scope}\n${sha256(request)}`,
    ).digest('hex');
    const headers = [
      'host',
      host,
      'content-type',
      json,
      'x-amz-date',
      date,
      'x-amz-target',
      target,
    ];
    headers.push(
      'authorization',
      `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    );
    if (sessionToken) headers.push('x-amz-security-token', sessionToken);
    return headers;
  }

  #setTime(second: number): void {
    if (second === this.#second) return;
    this.#second = second;
    // By hand: the first `toISOString` of a process takes longer than a signature.
    const date = new Date(second * 1000);
    const day = digits(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
    const time = digits(date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds());
    this.#date = `${day}T${time}Z`;
    this.#scope = `${day}/${this.#region}/dynamodb/aws4_request`;
  }
}

type Key = string | Buffer;

function keyOf(key: Key, part: string): Buffer {
  return hmac(key, part).digest();
}

function hmac(key: Key | KeyObject, text: string): Hmac {
  return crypto.createHmac('sha256', key).update(text);
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
  return encodeURIComponent(path.replaceAll(/\/{2,}/g, '/')).replaceAll(/%2F|[!'()*]/g, (mark) =>
    mark === '%2F' ? '/' : `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
