import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { describe, expect, it } from 'vitest';

import { resolveEndpoint } from './endpoint.js';

const region = 'eu-central-1';

describe('resolveEndpoint', () => {
  it("finds what the SDK's rule set finds, for every region it knows and for new ones", () => {
    const { config } = new DynamoDBClient({
      region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const regions = [...knownRegions(), 'local', 'us-east-99', 'mx-north-7', 'us-isob-north-1'];
    expect(regions.length).toBeGreaterThan(40);
    for (const Region of regions) {
      for (const UseFIPS of [false, true]) {
        for (const UseDualStack of [false, true]) {
          const sdk = href(() => config.endpointProvider({ Region, UseFIPS, UseDualStack }).url);
          const options = {
            region: Region,
            useFipsEndpoint: UseFIPS,
            useDualstackEndpoint: UseDualStack,
          };
          const own = href(() => resolveEndpoint(options, {}).url);
          expect([Region, UseFIPS, UseDualStack, own]).toEqual([
            Region,
            UseFIPS,
            UseDualStack,
            sdk,
          ]);
        }
      }
    }
  });

  it.each([
    [{ AWS_ENDPOINT_URL: 'http://a:1' }, 'http://a:1/'],
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
    [{ region, endpoint: 'http://a', useFipsEndpoint: true }, 'endpoint'],
  ])('refuses %j by the name of %s', (options, field) => {
    const resolve = () => resolveEndpoint(options, {});
    expect(resolve).toThrow(InvalidInputError);
    expect(resolve).toThrow(field);
    expect(resolve).not.toThrow('password');
  });
});

function href(find: () => URL): string {
  try {
    return find().href;
  } catch {
    return 'refused';
  }
}

/** The regions that the installed SDK lists. */
function knownRegions(): string[] {
  const sdk = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-dynamodb'));
  const bundle = sdk.resolve('@aws-sdk/core/client');
  const names = readFileSync(bundle, 'utf8').matchAll(/"([a-z]{2,4}(?:-[a-z]+)+-\d+)": ?\{/g);
  return [...names].map(([, name = '']) => name);
}
