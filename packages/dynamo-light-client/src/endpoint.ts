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

/** Finds a service's endpoint as the SDK does, but for account-based ones. */
export function resolveEndpoint(
  options: EndpointOptions,
  env: Environment = process.env,
  service: 'dynamodb' | 'sts' = 'dynamodb',
): Endpoint {
  const named = options.region ?? env['AWS_REGION'] ?? '';
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(named)) {
    const allowed = 'a name like eu-central-1, given as { region }, or as AWS_REGION';
    throw new InvalidInputError('region', named || undefined, allowed);
  }
  // Names of regions that there were before the option.
  const region = named.replace(/^fips-|-fips$/, '');
  const fips = options.useFipsEndpoint ?? (region !== named || isOn(env, 'AWS_USE_FIPS_ENDPOINT'));
  const dual = options.useDualstackEndpoint ?? isOn(env, 'AWS_USE_DUALSTACK_ENDPOINT');
  const given = options.endpoint ?? endpointOf(env, service);
  if (given !== undefined || region === 'local') {
    const url = urlOf('endpoint', given ?? 'http://localhost:8000');
    if (!fips && !dual) return { url, region: given === undefined ? 'us-east-1' : region };
    const allowed = 'left out beside useFipsEndpoint and useDualstackEndpoint';
    throw new InvalidInputError('endpoint', url.origin, allowed);
  }
  const [, single, both] = partitions.find(([start]) => region.startsWith(start)) as Partition;
  // In GovCloud the plain names are FIPS endpoints already.
  const name = fips && (dual || !region.startsWith('us-gov-')) ? `${service}-fips` : service;
  return { url: new URL(`https://${name}.${region}.${dual ? both : single}`), region };
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
  ['', 'amazonaws.com', 'api.aws'],
];

function endpointOf(env: Environment, service: string): string | undefined {
  if (isOn(env, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')) return undefined;
  return env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || env['AWS_ENDPOINT_URL'] || undefined;
}

function isOn(env: Environment, name: string): boolean {
  const set = env[name] || 'false';
  if (set !== 'true' && set !== 'false') throw new InvalidInputError(name, set, 'true or false');
  return set === 'true';
}

/** An address as the SDK reads it: its path ends with a slash. */
export function urlOf(field: string, address: string | URL): URL {
  const url = URL.canParse(String(address)) ? new URL(address) : undefined;
  // A name and a password in an address would end up in errors.
  if (url === undefined || !/^https?:[^?#@]+$/.test(url.href)) {
    throw new InvalidInputError(field, address, 'an address with http(s), no more', {
      isData: true,
    });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
