import { InvalidInputError } from '@x/dynamo-core';

import { ask, parsed, toCredentials } from './ask.js';
import type { Environment } from './endpoint.js';
import type { CredentialsProvider } from './kept-credentials.js';
import type { Credentials } from './signer.js';

/**
 * Finds what the environment offers: keys, as in Lambda, or the endpoint of a container (ECS, EKS).
 * The default of `LightClient`.
 */
export function fromEnvironment(env: Environment = process.env): CredentialsProvider {
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    if (accessKeyId && secretAccessKey && !env['AWS_PROFILE']) {
      const ends = env['AWS_CREDENTIAL_EXPIRATION'];
      const expiration = ends ? new Date(ends) : undefined;
      const sessionToken = env['AWS_SESSION_TOKEN'] || undefined;
      return { accessKeyId, secretAccessKey, sessionToken, expiration };
    }
    const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
    const full = env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
    const address = relative ? `http://169.254.170.2${relative}` : full;
    if (address) return fromContainer(address, env);
    throw noCredentials(env);
  };
}

/** Which of the places where the SDK would look is set, and how to get there. */
function noCredentials(env: Environment): InvalidInputError {
  const allowed = env['AWS_PROFILE']
    ? 'given for a profile as fromNodeProviderChain() of @aws-sdk/credential-providers'
    : env['AWS_WEB_IDENTITY_TOKEN_FILE']
      ? 'given as fromWebIdentity() of @x/dynamo-light-client/credentials'
      : 'given as { credentials }, or as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (on an instance: fromInstanceMetadata() of @x/dynamo-light-client/credentials)';
  return new InvalidInputError('credentials', undefined, allowed);
}

/** The whole of a host's name: others may begin with it. */
const localHost = /^(127(\.\d{1,3}){3}|localhost|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/;

async function fromContainer(address: string, env: Environment): Promise<Credentials> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isOwn = url?.protocol === 'https:' || localHost.test(url?.hostname ?? '');
  if (url === undefined || !isOwn || url.username !== '' || url.password !== '') {
    const allowed = "https, or an address of the container's own host, without a name";
    throw new InvalidInputError('AWS_CONTAINER_CREDENTIALS_FULL_URI', url?.origin, allowed);
  }
  const token = await tokenOf(env);
  const headers = token ? { authorization: token } : {};
  return toCredentials(url.origin, parsed(await ask(url, { headers })));
}

async function tokenOf(env: Environment): Promise<string | undefined> {
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  if (!file) return env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const { readFile } = await import('node:fs/promises');
  // Each time: the token in it is short-lived.
  return (await readFile(file, 'utf8')).trim();
}
