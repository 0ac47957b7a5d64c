import { readFile } from 'node:fs/promises';

import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions } from '@x/dynamo-core/mechanism';

import { ask, toCredentials } from './ask.js';
import { resolveEndpoint, type Environment } from './endpoint.js';
import type { CredentialsProvider } from './kept-credentials.js';
import type { Credentials } from './signer.js';

/** Whose role is assumed, and where. */
export interface WebIdentityOptions {
  /** @default `AWS_ROLE_ARN` */
  readonly roleArn?: string | undefined;
  /** @default `AWS_WEB_IDENTITY_TOKEN_FILE` */
  readonly tokenFile?: string | undefined;
  /** @default `AWS_ROLE_SESSION_NAME`, or else one with the time in it */
  readonly roleSessionName?: string | undefined;
  /** @default `AWS_REGION` */
  readonly region?: string | undefined;
  /** @default `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`, or else the region's STS */
  readonly endpoint?: string | undefined;
}

const names = {
  endpoint: true,
  region: true,
  roleArn: true,
  roleSessionName: true,
  tokenFile: true,
} as const;

/**
 * Assumes a role with the token in a file, as in EKS (IRSA): `AssumeRoleWithWebIdentity` of STS, one
 * request per refresh. The file is read each time.
 *
 * @example
 * ```ts
 * import { LightClient } from '@x/dynamo-light-client';
 * import { fromWebIdentity } from '@x/dynamo-light-client/credentials';
 *
 * const dynamo = new LightClient({ region: 'eu-central-1', credentials: fromWebIdentity() });
 * ```
 */
export function fromWebIdentity(options?: WebIdentityOptions): CredentialsProvider {
  const given = checkedOptions(options, names);
  return () => assumeRole(given, process.env);
}

async function assumeRole(given: WebIdentityOptions, env: Environment): Promise<Credentials> {
  const tokenFile = given.tokenFile ?? env['AWS_WEB_IDENTITY_TOKEN_FILE'];
  const roleArn = given.roleArn ?? env['AWS_ROLE_ARN'];
  if (!tokenFile) throw missing('tokenFile', 'AWS_WEB_IDENTITY_TOKEN_FILE');
  if (!roleArn) throw missing('roleArn', 'AWS_ROLE_ARN');
  const { url } = resolveEndpoint({ region: given.region, endpoint: given.endpoint }, env, 'sts');
  const sessionName = given.roleSessionName ?? env['AWS_ROLE_SESSION_NAME'];
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName ?? `x-dynamo-${Date.now()}`,
    WebIdentityToken: (await readFile(tokenFile, 'utf8')).trim(),
  });
  const xml = await ask(url, { method: 'POST', body });
  const field = (name: string): string | undefined =>
    new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  return toCredentials(url, {
    AccessKeyId: field('AccessKeyId'),
    SecretAccessKey: field('SecretAccessKey'),
    Token: field('SessionToken'),
    Expiration: field('Expiration'),
  });
}

function missing(name: string, variable: string): InvalidInputError {
  return new InvalidInputError(name, undefined, `given as { ${name} }, or as ${variable}`);
}
