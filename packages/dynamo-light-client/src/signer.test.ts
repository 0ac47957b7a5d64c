import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { SignatureV4 } from '@smithy/signature-v4';
import { seededRandom } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Signer, type SignedParts, type SignerScope } from './signer.js';

const runs = 1_000;

describe('Signer', () => {
  it('signs as @smithy/signature-v4 does, whatever the host, the path, the body and the date', async () => {
    const pick = picker(1);
    const wrong: unknown[] = [];
    for (let run = 0; run < runs; run++) {
      const [scope, parts] = [anyScope(pick), anyParts(pick)];
      const [ours, reference] = [own(new Signer(scope), parts), await theirs(scope, parts)];
      if (!isDeepStrictEqual(ours, reference)) wrong.push({ scope, parts, ours, reference });
    }
    expect(wrong).toEqual([]);
  });

  it('signs with the right key when the day, the secret or the token changes between requests', async () => {
    const pick = picker(2);
    const scope = anyScope(pick);
    const signer = new Signer(scope);
    for (let run = 0; run < 200; run++) {
      const parts = anyParts(pick);
      expect(own(signer, parts)).toEqual(await theirs(scope, parts));
    }
  });

  it.each([
    ['post-vanilla', {}, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-x-www-form-urlencoded',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Param1=value1',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])("compares with what signs AWS's vector %s right", async (_, more, body, signature) => {
    const host = 'example.amazonaws.com';
    const credentials = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    };
    const reference = { service: 'service', region: 'us-east-1', credentials, sha256: Sha256 };
    const request = { method: 'POST', protocol: 'https:', hostname: host, path: '/', body };
    const { headers } = await new SignatureV4({ ...reference, applyChecksum: false }).sign(
      { ...request, headers: { host, ...more } },
      { signingDate: new Date(Date.UTC(2015, 7, 30, 12, 36)) },
    );
    expect(headers['authorization']).toContain(`Signature=${signature}`);
  });
});

type Pick = <T>(from: readonly T[]) => T;

function picker(seed: number): Pick {
  const random = seededRandom(seed);
  return (from) => from[Math.floor(random.unit() * from.length)] as (typeof from)[number];
}

const texts = ['', 'a b', 'ünï💥', '日本語', '\u0000\u2028', '"\\\n', '\ud800', 'x'.repeat(5_000)];
const hosts = [
  'dynamodb.us-east-1.amazonaws.com',
  'localhost:8000',
  '[::1]:8000',
  'dynamodb.cn-north-1.amazonaws.com.cn',
  'xn--e1afmkfd.example',
  'host:443',
];
const paths = [
  '/',
  '/',
  '/stage/',
  '/a b/c',
  '/a%20b/',
  '/ü/',
  "/a'b(c)*!/",
  '/a//b',
  '//x/',
  '/x+y~z/',
];
const digits = Array.from({ length: 1_000 }, (_, digit) => digit);

function anyScope(pick: Pick): SignerScope {
  return {
    region: pick(['us-east-1', 'cn-north-1', 'local', 'eu-isoe-west-1']),
    host: pick(hosts),
    path: new URL(`http://host${pick(paths)}`).pathname,
  };
}

function anyParts(pick: Pick): SignedParts {
  return {
    target: pick(['DynamoDB_20120810.GetItem', 'DynamoDB_20120810.TransactWriteItems']),
    body: JSON.stringify({
      TableName: pick(texts),
      Key: { a: { S: pick(texts) } },
      n: pick(digits),
    }),
    credentials: {
      accessKeyId: `AKID${pick(digits)}`,
      secretAccessKey: `${pick(['secret', 'é', '/+=', 'k'.repeat(100)])}${pick(digits)}`,
      sessionToken: pick([undefined, '', `token${pick(digits)}==`, `/+${pick(digits)}`]),
    },
    nowMs:
      Date.UTC(2001 + pick(digits) / 11, pick(digits) % 12, pick(digits) % 28, pick(digits) % 24) +
      pick(digits),
  };
}

function own(signer: Signer, signed: SignedParts): Picked {
  return picked(signer.sign(signed));
}

async function theirs(
  { region, host, path = '/' }: SignerScope,
  { target, body, credentials, nowMs }: SignedParts,
): Promise<Picked> {
  const signer = new SignatureV4({
    service: 'dynamodb',
    region,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken !== undefined && { sessionToken: credentials.sessionToken }),
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const headers = { host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
  const request = { method: 'POST', protocol: 'https:', hostname: host, path, headers, body };
  const { headers: out } = await signer.sign(request, { signingDate: new Date(nowMs) });
  return picked(Object.entries(out).flat());
}

interface Picked {
  readonly authorization: string | undefined;
  readonly 'x-amz-date': string | undefined;
  readonly 'x-amz-security-token': string | undefined;
}

function picked(headers: readonly string[]): Picked {
  const of = (name: string): string | undefined => {
    const place = headers.indexOf(name);
    return place < 0 ? undefined : headers[place + 1];
  };
  return {
    authorization: of('authorization'),
    'x-amz-date': of('x-amz-date'),
    'x-amz-security-token': of('x-amz-security-token'),
  };
}

class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
  reset(): void {
    throw new Error('Not used');
  }
}
