import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

import { InvalidInputError } from '@x/dynamo-core';
import { describe, expect, it } from 'vitest';

import { resolveEndpoint } from './endpoint.js';

const region = 'eu-central-1';

describe('resolveEndpoint', () => {
  it("finds what the SDK's rule set finds, for every region it knows and for new ones", () => {
    const sdk = resolvedBySdk(['local', 'us-east-99', 'mx-north-7', 'us-isob-north-1']);
    expect(sdk.length).toBeGreaterThan(160);
    for (const { Region, UseFIPS, UseDualStack, found } of sdk) {
      const options = {
        region: Region,
        useFipsEndpoint: UseFIPS,
        useDualstackEndpoint: UseDualStack,
      };
      const own = href(() => resolveEndpoint(options, {}).url);
      expect([Region, UseFIPS, UseDualStack, own]).toEqual([Region, UseFIPS, UseDualStack, found]);
    }
  });

  it.each([
    [{ AWS_ENDPOINT_URL: 'http://a:1' }, 'http://a:1/'],
    [{ AWS_ENDPOINT_URL: 'http://a:1/stage' }, 'http://a:1/stage/'],
    [{ AWS_REGION: 'fips-us-gov-west-1' }, 'https://dynamodb.us-gov-west-1.amazonaws.com/'],
    [{ AWS_REGION: 'us-east-1-fips' }, 'https://dynamodb-fips.us-east-1.amazonaws.com/'],
    [{ AWS_ENDPOINT_URL: 'http://a:1', AWS_ENDPOINT_URL_DYNAMODB: 'http://b:2' }, 'http://b:2/'],
    [
      { AWS_ENDPOINT_URL: 'http://a:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      'https://dynamodb.eu-central-1.amazonaws.com/',
    ],
    [{ AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://dynamodb-fips.eu-central-1.amazonaws.com/'],
    [{ AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'https://dynamodb.eu-central-1.api.aws/'],
  ])('reads the environment: %j', (env, expected) => {
    expect(resolveEndpoint({}, { AWS_REGION: region, ...env }).url.href).toBe(expected);
  });

  it.each([
    [{}, 'region'],
    [{ region: 'a/../b' }, 'region'],
    [{ region, endpoint: 'ftp://a' }, 'endpoint'],
    [{ region, endpoint: 'nonsense' }, 'endpoint'],
    [{ region, endpoint: 'http://name:password@a' }, 'endpoint'],
    [{ region, endpoint: 'http://:password@a' }, 'endpoint'],
    [{ region, endpoint: 'http://name:password@a', useFipsEndpoint: true }, 'endpoint'],
    [{ region, endpoint: 'http://a', useFipsEndpoint: true }, 'endpoint'],
  ])('refuses %j by the name of %s', (options, field) => {
    const resolve = () => resolveEndpoint(options, {});
    expect(resolve).toThrow(InvalidInputError);
    expect(resolve).toThrow(field);
    expect(resolve).not.toThrow('password');
  });
});

it('refuses what is neither on nor off', () => {
  const resolve = () => resolveEndpoint({ region }, { AWS_USE_FIPS_ENDPOINT: 'TRUE' });
  expect(resolve).toThrow('AWS_USE_FIPS_ENDPOINT');
});

function href(find: () => URL): string {
  try {
    return find().href;
  } catch {
    return 'refused';
  }
}

/** What a region and two options lead to by the rule set of the installed SDK. */
interface Resolved {
  Region: string;
  UseFIPS: boolean;
  UseDualStack: boolean;
  found: string;
}

/**
 * Every region that the SDK lists, and those given. In a process of its own: the rule set is shared
 * by all copies of the SDK that a process loads, and other tests load an older one.
 */
function resolvedBySdk(otherRegions: string[]): Resolved[] {
  const sdk = createRequire(import.meta.url).resolve('@aws-sdk/client-dynamodb');
  const output = execFileSync(
    process.execPath,
    ['-e', resolveEverything, sdk, JSON.stringify(otherRegions)],
    { encoding: 'utf8' },
  );
  return JSON.parse(output) as Resolved[];
}

const resolveEverything = String.raw`
  const [sdk, otherRegions] = process.argv.slice(1);
  const { DynamoDBClient } = require(sdk);
  const { readFileSync } = require('node:fs');
  const list = require('node:module').createRequire(sdk).resolve('@aws-sdk/core/client');
  const names = readFileSync(list, 'utf8').matchAll(/"([a-z]{2,4}(?:-[a-z]+)+-\d+)": ?\{/g);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const { config } = new DynamoDBClient({ region: 'eu-central-1', credentials });
  const resolved = [];
  for (const Region of [...[...names].map(([, name]) => name), ...JSON.parse(otherRegions)])
    for (const UseFIPS of [false, true])
      for (const UseDualStack of [false, true]) {
        let found = 'refused';
        try {
          found = config.endpointProvider({ Region, UseFIPS, UseDualStack }).url.href;
        } catch {}
        resolved.push({ Region, UseFIPS, UseDualStack, found });
      }
  console.log(JSON.stringify(resolved));
`;
