import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions } from '@x/dynamo-core/mechanism';

import { ask, askForKeys } from './ask.js';
import { urlOf } from './endpoint.js';
import type { CredentialsProvider } from './kept-credentials.js';
import type { Credentials } from './signer.js';

/** Where the instance's own service is. */
export interface InstanceMetadataOptions {
  /** @default `AWS_EC2_METADATA_SERVICE_ENDPOINT`, or else `http://169.254.169.254` */
  readonly endpoint?: string | undefined;
}

/**
 * Asks an instance of EC2 for the credentials of its role, by the second version of its metadata
 * service (IMDSv2), never by the first: three requests per refresh.
 *
 * @example
 * ```ts
 * import { LightClient } from '@x/dynamo-light-client';
 * import { fromInstanceMetadata } from '@x/dynamo-light-client/credentials';
 *
 * const dynamo = new LightClient({ region: 'eu-central-1', credentials: fromInstanceMetadata() });
 * ```
 */
export function fromInstanceMetadata(options?: InstanceMetadataOptions): CredentialsProvider {
  const { endpoint } = checkedOptions(options, { endpoint: true });
  return async () => {
    if (process.env['AWS_EC2_METADATA_DISABLED'] === 'true') {
      const allowed = "left out: the instance's own service is asked for credentials";
      throw new InvalidInputError('AWS_EC2_METADATA_DISABLED', 'true', allowed);
    }
    const set = process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'];
    if (endpoint !== undefined) return fromInstance(urlOf('endpoint', endpoint));
    return fromInstance(
      urlOf('AWS_EC2_METADATA_SERVICE_ENDPOINT', set || 'http://169.254.169.254'),
    );
  };
}

const rolesPath = '/latest/meta-data/iam/security-credentials/';

async function fromInstance(service: URL): Promise<Credentials> {
  const token = await ask(new URL('/latest/api/token', service), {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' },
  });
  const headers = { 'x-aws-ec2-metadata-token': token };
  const role = (await ask(new URL(rolesPath, service), { headers })).trim();
  return askForKeys(new URL(rolesPath + encodeURIComponent(role), service), { headers });
}
