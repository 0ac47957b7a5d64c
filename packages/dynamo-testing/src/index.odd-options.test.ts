import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';

import {
  chaos,
  engineClient,
  FaultHandler,
  immediateRetries,
  ManualClock,
  memoryClient,
  MemoryDynamo,
  seededRandom,
  serve,
  startDynamo,
  type Fault,
} from './index.js';

const memory = new MemoryDynamo();
const endpoint = 'http://127.0.0.1:1';
const faults = (...plan: unknown[]): FaultHandler => new FaultHandler(plan as Fault[]);

/** As JavaScript lets it through. */
const calls: readonly (readonly [field: string, call: () => unknown])[] = [
  ['clok', () => new MemoryDynamo({ clok: new ManualClock() } as never)],
  ['clock', () => new MemoryDynamo({ clock: {} as never })],
  ['ttl', () => new MemoryDynamo({ ttl: true as never })],
  ['chaoss', () => memoryClient(memory, { chaoss: 1 } as never)],
  ['maxAttempt', () => memoryClient(memory, { maxAttempt: 1 } as never)],
  ['options', () => memoryClient(memory, 5 as never)],
  ['faults', () => memoryClient(memory, { faults: 5 as never })],
  ['memory', () => memoryClient({} as never)],
  ['memory', () => chaos({} as never, { seed: 1 })],
  ['lostResponse', () => chaos(memory, { seed: 1, lostResponse: 1 } as never)],
  ['seed', () => chaos(memory, undefined as never)],
  ['memory', () => serve({ port: 0 } as never)],
  ['prot', () => serve(memory, { prot: 1 } as never)],
  ['engin', () => startDynamo({ engin: 'memory' } as never)],
  ['endpoint', () => engineClient(undefined as never)],
  ['endpont', () => engineClient(endpoint, { endpont: endpoint } as never)],
  ['maxAttempts', () => immediateRetries({ maxAttempts: 3 } as never)],
  ['maxAttempts', () => immediateRetries(0)],
  ['seed', () => seededRandom('7' as never)],
  ['drfit', () => new ManualClock({ drfit: 1 } as never)],
  ['bussy', () => new ManualClock().drive(Promise.resolve(), { bussy: () => true } as never)],
  ['faults', () => new FaultHandler(5 as never)],
  ['clok', () => new FaultHandler([], { clok: 1 } as never)],
  ['clock', () => new FaultHandler([], { clock: {} as never })],
  ['kind', () => faults({ kind: 'drop_after' })],
  ['kind', () => faults('silent')],
  ['kind', () => faults(null)],
  ['delaysMs', () => faults({ kind: 'delay', delaysMs: 5 })],
  ['delayMs', () => faults({ kind: 'delay' })],
  ['keep', () => faults({ kind: 'partial' })],
  ['name', () => faults({ kind: 'error', status: 500 })],
  ['kind', () => faults().use([{ kind: 'lost' } as never])],
  [
    'kind',
    () => memoryClient(memory, { faults: () => ({ kind: 'lost' }) as never }).listTables({}),
  ],
];

test.each(calls)('what is none is refused by name: %s in %s', async (field, call) => {
  await expect(Promise.resolve().then(call)).rejects.toMatchObject({
    name: 'InvalidInputError',
    field,
  });
});

/** All that the SDK's type has: some are in no `config` unless they are given. */
const sdkOptions: Record<keyof DynamoDBClientConfig, undefined> = {
  accountId: undefined,
  accountIdEndpointMode: undefined,
  apiVersion: undefined,
  authSchemePreference: undefined,
  base64Decoder: undefined,
  base64Encoder: undefined,
  bodyLengthChecker: undefined,
  cacheMiddleware: undefined,
  credentialDefaultProvider: undefined,
  credentials: undefined,
  customUserAgent: undefined,
  defaultUserAgentProvider: undefined,
  defaultsMode: undefined,
  disableClockSkewCorrection: undefined,
  disableHostPrefix: undefined,
  endpoint: undefined,
  endpointCacheSize: undefined,
  endpointDiscoveryEnabled: undefined,
  endpointDiscoveryEnabledProvider: undefined,
  endpointProvider: undefined,
  extensions: undefined,
  httpAuthSchemeProvider: undefined,
  httpAuthSchemes: undefined,
  ignoreConfiguredEndpointUrls: undefined,
  logger: undefined,
  maxAttempts: undefined,
  profile: undefined,
  protocol: undefined,
  protocolSettings: undefined,
  region: undefined,
  requestHandler: undefined,
  retryMode: undefined,
  retryStrategy: undefined,
  runtime: undefined,
  serviceConfiguredEndpoint: undefined,
  serviceId: undefined,
  sha256: undefined,
  signer: undefined,
  signerConstructor: undefined,
  signingEscapePath: undefined,
  signingRegion: undefined,
  streamCollector: undefined,
  systemClockOffset: undefined,
  tls: undefined,
  urlParser: undefined,
  useDualstackEndpoint: undefined,
  useFipsEndpoint: undefined,
  userAgentAppId: undefined,
  utf8Decoder: undefined,
  utf8Encoder: undefined,
};

test.each(Object.entries(sdkOptions))('the option %s of the SDK is taken', (name, value) => {
  expect(() => memoryClient(memory, { [name]: value })).not.toThrow();
});
