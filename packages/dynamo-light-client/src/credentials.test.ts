import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  fromEnvironment,
  fromInstanceMetadata,
  fromWebIdentity,
  type CredentialsProvider,
} from './credentials.js';

const ends = '2099-01-01T00:00:00Z';
const folder = mkdtempSync(join(tmpdir(), 'light-client-'));
const tokenFile = join(folder, 'token');
let server: Server;
let base = '';
let asked: string[] = [];
let failures: number[] = [];

beforeAll(async () => {
  writeFileSync(tokenFile, 'file-token\n');
  server = createServer((request, response) => {
    const { authorization, 'x-aws-ec2-metadata-token': token = '' } = request.headers;
    asked.push(`${request.method} ${request.url} ${authorization ?? String(token)}`.trim());
    request.resume();
    const failure = failures.shift();
    if (failure !== undefined) response.writeHead(failure).end('{"secret":"top-secret"}');
    else response.end(answerOf(request.url ?? ''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
  failures = [];
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, '');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('HOME', folder);
});
afterEach(() => void vi.unstubAllEnvs());

function answerOf(path: string): string {
  const found = { AccessKeyId: 'A', SecretAccessKey: 'S', Token: 'T', Expiration: ends };
  if (path === '/latest/api/token') return 'instance-token';
  if (path === '/latest/meta-data/iam/security-credentials/') return 'role\n';
  if (path.endsWith('/role')) return JSON.stringify({ Code: 'Success', ...found });
  if (path === '/null') return 'null';
  if (path.startsWith('/container')) return JSON.stringify(found);
  const parts = `<AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>${ends}</Expiration>`;
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/x/y</Arn><AssumedRoleId>z</AssumedRoleId></AssumedRoleUser><Credentials>${parts}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
}

const container = () => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: `${base}/container?x=1`,
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
});
const set = (env: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
};

describe('credentials', () => {
  const places: readonly (readonly [
    string,
    () => Record<string, string>,
    () => CredentialsProvider,
  ])[] = [
    [
      'keys',
      () => ({ AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S', AWS_SESSION_TOKEN: 'T' }),
      () => fromEnvironment(),
    ],
    ['a container', container, () => fromEnvironment()],
    [
      'a web identity',
      () => ({
        AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/x',
        AWS_ENDPOINT_URL_STS: base,
      }),
      () => fromWebIdentity(),
    ],
    [
      'a web identity over one address for all',
      () => ({
        AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/x',
        AWS_ENDPOINT_URL: base,
      }),
      () => fromWebIdentity(),
    ],
    [
      'an instance',
      () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: base }),
      () => fromInstanceMetadata(),
    ],
  ];

  it.each(places)("finds those of %s as the SDK's default chain does", async (_, env, provider) => {
    set(env());
    const own = await provider()();
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await defaultProvider()();
    expect(own).toEqual({ accessKeyId, secretAccessKey, sessionToken, expiration });
  });

  it('asks a container with the token of the file, again where that may help, and shows no answer', async () => {
    failures = [503, 429];
    await fromEnvironment(container())();
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'GET /container?x=1 file-token'));
    failures = [403];
    const refused = fromEnvironment(container())();
    await expect(refused).rejects.toThrow('status 403');
    await expect(refused).rejects.not.toThrow('top-secret');
    expect(asked).toHaveLength(4);
  });

  it.each([
    'http://10.0.0.1/c',
    'http://169.254.170.2.evil/',
    'http://127.0.0.1.evil/',
    'http://localhost.evil',
    'http://127.0.0.1@evil/',
    'http://name:hidden@127.0.0.1/',
    'nonsense',
  ])('refuses to ask %s', async (address) => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: address };
    const refused = fromEnvironment(env)();
    await expect(refused).rejects.toThrow('AWS_CONTAINER_CREDENTIALS_FULL_URI');
    await expect(refused).rejects.not.toThrow('hidden');
    expect(asked).toEqual([]);
  });

  it('shows nothing of a token that is no header, nor of an answer without keys', async () => {
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI } = container();
    const token = { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'hid\nden' };
    const refused = fromEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI, ...token })();
    await expect(refused).rejects.toThrow('token that is no header');
    await expect(refused).rejects.not.toThrow('hid');
    expect(asked).toEqual([]);
    const nothing = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${base}/null` };
    await expect(fromEnvironment(nothing)()).rejects.toThrow('answered without keys');
  });

  it.each([
    [{}, 'AWS_ACCESS_KEY_ID'],
    [
      { AWS_PROFILE: 'x', AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' },
      'fromNodeProviderChain',
    ],
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: 'x' }, 'fromWebIdentity'],
  ])('says for %j what to do', async (env, hint) => {
    await expect(fromEnvironment(env)()).rejects.toThrow(hint);
  });

  it('names what a web identity lacks, and leaves a disabled instance alone', async () => {
    await expect(fromWebIdentity()()).rejects.toThrow('AWS_WEB_IDENTITY_TOKEN_FILE');
    await expect(fromWebIdentity({ tokenFile })()).rejects.toThrow('AWS_ROLE_ARN');
    set({ AWS_EC2_METADATA_DISABLED: 'true' });
    await expect(fromInstanceMetadata({ endpoint: base })()).rejects.toThrow(
      'AWS_EC2_METADATA_DISABLED',
    );
    expect(asked).toEqual([]);
  });
});
