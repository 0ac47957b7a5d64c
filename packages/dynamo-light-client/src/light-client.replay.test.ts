import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { LightClient } from './light-client.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { replayServer, type ReplayServer, type Step } from '../test/replay-server.js';

const names =
  `BandwidthLimitExceeded EC2ThrottledException LimitExceededException PriorRequestNotComplete
ProvisionedThroughputExceededException RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown
ThrottledException Throttling ThrottlingException TooManyRequestsException TransactionInProgressException
ConditionalCheckFailedException TransactionConflictException ValidationException ResourceNotFoundException
ResourceInUseException InternalServerError ItemCollectionSizeLimitExceededException
IdempotentParameterMismatchException AccessDeniedException UnrecognizedClientException ExpiredTokenException
InvalidSignatureException IncompleteSignature MissingAuthenticationToken RequestTimeout RequestTimeoutException
SerializationException UnknownOperationException ReplicatedWriteConflictException RequestExpired
RequestInTheFuture RequestTimeTooSkewed SignatureDoesNotMatch AuthFailure MadeUp`.split(/\s+/);
const status = [403, 404, 413, 429, 500, 501, 502, 503, 504, 505];
const ok: Step = {};
const tenMinutes = 600_000;

const scripts: readonly (readonly [title: string, script: readonly Step[]])[] = [
  ...names.flatMap((name): [string, Step[]][] => [
    [`${name} always`, [{ name }]],
    [`${name} once`, [{ name }, ok]],
    [`${name}, reset, then well`, [{ name }, { reset: 'before' }, ok]],
    [`${name} with status 500 twice`, [{ name, status: 500 }, { name, status: 500 }, ok]],
  ]),
  ...status.flatMap((code): [string, Step[]][] => [
    [`${code} always`, [{ name: 'InternalServerError', status: code }]],
    [`${code} of a proxy once`, [{ status: code, body: '<html>' }, ok]],
    [`${code} empty`, [{ status: code, body: '' }]],
    [
      `${code}, then refused`,
      [{ status: code, body: '' }, { name: 'ConditionalCheckFailedException' }],
    ],
  ]),
  ['reset always', [{ reset: 'before' }]],
  ['reset once', [{ reset: 'before' }, ok]],
  ['cut off once', [{ body: '{"It', reset: 'within' }, ok]],
  ['no JSON', [{ body: '{"It' }]],
  ['an empty answer', [{ body: '' }]],
  [
    'message as Message',
    [{ name: 'ValidationException', fields: { message: undefined, Message: 'M' } }],
  ],
  ['no message', [{ name: 'MadeUp', fields: { message: undefined } }]],
  [
    'the row of a refusal',
    [{ name: 'ConditionalCheckFailedException', fields: { Item: { a: { B: 'AQI=' } } } }],
  ],
  [
    'reasons of a transaction',
    [
      {
        name: 'TransactionCanceledException',
        fields: {
          CancellationReasons: [
            { Code: 'None' },
            { Code: 'ConditionalCheckFailed', Message: 'x', Item: { a: { BS: ['AQI='] } } },
          ],
        },
      },
    ],
  ],
  [
    'a name in a header',
    [
      {
        status: 400,
        body: '{"message":"m"}',
        headers: { 'x-amzn-errortype': 'ValidationException:http://x' },
      },
    ],
  ],
  ['Retry-After 0', [{ name: 'ThrottlingException', headers: { 'retry-after': '0' } }, ok]],
  ['Retry-After 0.2', [{ name: 'MadeUp', status: 503, headers: { 'retry-after': '0.2' } }, ok]],
  [
    'x-amz-retry-after',
    [{ name: 'MadeUp', status: 500, headers: { 'x-amz-retry-after': '100' } }, ok],
  ],
  ['a clock that is slow', [{ name: 'InvalidSignatureException', aheadMs: tenMinutes }, ok]],
  [
    'a clock that is fast',
    [{ name: 'SignatureDoesNotMatch', status: 403, aheadMs: -tenMinutes }, ok],
  ],
  ['an expired request', [{ name: 'RequestExpired', aheadMs: tenMinutes }, ok]],
  [
    'an expired signature without a date',
    [{ name: 'InvalidSignatureException', fields: { message: 'Signature expired: x' } }, ok],
  ],
];

/**
 * An answer without an error's name is not DynamoDB's: nobody knows whose fault a refusal is, and a
 * page that cannot be read says no more than its status.
 */
const notDynamos = /^(\d+) (of a proxy once|empty)$|^(\d+), then refused$/;

function deliberate(title: string, own: Outcome): Partial<Outcome> {
  // DynamoDB answers `{}` at least: who says nothing has not written anything.
  if (title === 'an empty answer') return { name: 'SyntaxError' };
  if (!notDynamos.test(title) || own.name !== 'Unknown') return {};
  const fault = Number.parseInt(title, 10) >= 500 ? 'server' : undefined;
  return { name: 'Unknown', message: 'UnknownError', fault };
}

const perClient = 10;

describe('LightClient', () => {
  let server: ReplayServer;
  let sdk: DynamoDBClient;
  let light: LightClient;
  let left = 0;

  beforeAll(async () => {
    server = await replayServer();
    // Both then wait as little as they may: what the server asks for, and nothing else.
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    sdk.destroy();
    light.destroy();
    await server[Symbol.asyncDispose]();
  });

  it.each(scripts)('does as the SDK does: %s', async (title, script) => {
    // New ones before the budgets of repeats are empty, and where the clock is corrected.
    if (left-- <= 0 || title.includes('clock') || title.includes('expired')) {
      left = perClient;
      const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
      const config = { region: 'us-east-1', endpoint: server.endpoint, credentials };
      sdk = new DynamoDBClient(config);
      light = new LightClient(config);
    }
    const input = { TransactItems: [{ Put: { TableName: 'ttt', Item: { a: { S: 'x' } } } }] };
    const command = new TransactWriteItemsCommand(input);
    const theirs = await outcome(server, script, () => sdk.send(command));
    const own = await outcome(server, script, () => light.call('TransactWriteItems', input));
    expect(own).toEqual({ ...theirs, ...deliberate(title, own) });
  });
});

interface Outcome {
  readonly name: string;
  readonly message: string;
  readonly attempts: unknown;
  readonly fault: unknown;
  readonly fields: unknown;
  readonly seen: number;
  readonly tokens: number;
  readonly waited: number;
}

interface End {
  readonly name?: string;
  readonly message?: string;
  readonly $fault?: string;
  readonly $metadata?: {
    readonly attempts?: number;
    readonly httpStatusCode?: number;
    readonly requestId?: string;
    readonly totalRetryDelay?: number;
  };
  readonly Item?: unknown;
  readonly CancellationReasons?: unknown;
}

async function outcome(
  server: ReplayServer,
  script: readonly Step[],
  call: () => Promise<unknown>,
): Promise<Outcome> {
  server.play(script);
  const end = await call().then(
    (output) => ({ ...(output as End), name: 'ok' }),
    (error: End) => error,
  );
  const { name = '', message = '', $fault, $metadata, Item, CancellationReasons } = end;
  const { attempts, httpStatusCode, requestId, totalRetryDelay = 0 } = $metadata ?? {};
  return {
    name,
    // What the platform says of a lost connection or of JSON is its own.
    message: $fault === undefined && name !== 'Unknown' ? '' : message,
    attempts,
    fault: $fault,
    fields: { httpStatusCode, requestId, Item, CancellationReasons },
    seen: server.seen.length,
    tokens: new Set(server.seen.map(({ token }) => token)).size,
    // A date that the server asks to wait for is rounded by the way.
    waited: Math.round(totalRetryDelay / 50),
  };
}
