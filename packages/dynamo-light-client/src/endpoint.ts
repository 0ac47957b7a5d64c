import { InvalidInputError } from '@x/dynamo-core';

/** Where to send. */
export interface EndpointOptions {
  /** @default `AWS_REGION` */
  readonly region?: string | undefined;
  /**
   * Another address than the region's: an emulator, a proxy, a VPC endpoint.
   *
   * @default `AWS_ENDPOINT_URL_DYNAMODB`, or else `AWS_ENDPOINT_URL`
   */
  readonly endpoint?: string | URL | undefined;
  /** @default `AWS_USE_FIPS_ENDPOINT` */
  readonly useFipsEndpoint?: boolean | undefined;
  /** @default `AWS_USE_DUALSTACK_ENDPOINT` */
  readonly useDualstackEndpoint?: boolean | undefined;
}

/** Where to send, and for which region to sign. */
export interface Endpoint {
  readonly url: URL;
  readonly region: string;
}

/** The variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Finds the endpoint as the SDK does, but for account-based ones. */
export function resolveEndpoint(
  options: EndpointOptions,
  env: Environment = process.env,
): Endpoint {
  const region = options.region ?? env['AWS_REGION'];
  if (region === undefined || region === '') {
    throw new InvalidInputError('region', region, 'given as { region }, or as AWS_REGION');
  }
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(region)) {
    throw new InvalidInputError('region', region, "a region's name, like eu-central-1");
  }
  const fips = options.useFipsEndpoint ?? env['AWS_USE_FIPS_ENDPOINT'] === 'true';
  const dual = options.useDualstackEndpoint ?? env['AWS_USE_DUALSTACK_ENDPOINT'] === 'true';
  const given = options.endpoint ?? endpointOf(env);
  if ((given !== undefined || region === 'local') && (fips || dual)) {
    const allowed = 'left out beside useFipsEndpoint and useDualstackEndpoint';
    throw new InvalidInputError('endpoint', String(given ?? region), allowed);
  }
  if (given !== undefined) return { url: urlOf(given), region };
  if (region === 'local') return { url: new URL('http://localhost:8000'), region: 'us-east-1' };
  const [, single, both] = partitions.find(([start]) => region.startsWith(start)) ?? standard;
  // In GovCloud the plain names are FIPS endpoints already.
  const service = fips && (dual || !region.startsWith('us-gov-')) ? 'dynamodb-fips' : 'dynamodb';
  return { url: new URL(`https://${service}.${region}.${dual ? both : single}`), region };
}

type Partition = readonly [start: string, single: string, both: string];

/** What the names of a partition's regions begin with, and its two DNS suffixes. */
const partitions: readonly Partition[] = [
  ['cn-', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['eusc-', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  ['us-iso-', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['eu-isoe-', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
];
const standard: Partition = ['', 'amazonaws.com', 'api.aws'];

function endpointOf(env: Environment): string | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
  return env['AWS_ENDPOINT_URL_DYNAMODB'] || env['AWS_ENDPOINT_URL'] || undefined;
}

function urlOf(endpoint: string | URL): URL {
  const url = URL.canParse(String(endpoint)) ? new URL(endpoint) : undefined;
  // A name and a password in an address would end up in errors.
  const isPlain = url !== undefined && url.username === '' && url.search === '' && url.hash === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return url;
  throw new InvalidInputError('endpoint', endpoint, 'an address with http or https, no more', {
    isData: true,
  });
}
