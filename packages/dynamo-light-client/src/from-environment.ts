import { InvalidInputError } from '@x/dynamo-core';

import { askForKeys } from './ask.js';
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
    const address = relative ? `http://169.254.170.2${relative}` : env[fullUri];
    if (address) return fromContainer(address, env);
    throw new InvalidInputError('credentials', undefined, sources);
  };
}

const fullUri = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';

const sources =
  'given as { credentials }, or as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY without AWS_PROFILE; from elsewhere: fromWebIdentity() and fromInstanceMetadata() of @x/dynamo-light-client/credentials, fromNodeProviderChain() of @aws-sdk/credential-providers';

/** The whole of a host's name: others may begin with it. */
const localHost = /^(127(\.\d{1,3}){3}|localhost|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/;

async function fromContainer(address: string, env: Environment): Promise<Credentials> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isOwn = url?.protocol === 'https:' || localHost.test(url?.hostname ?? '');
  if (!isOwn || url?.username || url?.password) {
    const allowed = "https, or an address of the container's own host, without a name";
    throw new InvalidInputError(fullUri, url?.origin, allowed);
  }
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  let authorization = env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  if (file) {
    const { readFile } = await import('node:fs/promises');
    // Each time: the token in it is short-lived.
    authorization = (await readFile(file, 'utf8')).trim();
  }
  return askForKeys(url as URL, authorization ? { headers: { authorization } } : {});
}
