import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, it, vi } from 'vitest';

import { Answering, sdkError } from '../test/answering.js';
import { latestMs, systemClock, type Clock } from './clock.js';
import { connect, type Connection, type ConnectionOptions } from './connection.js';
import { send } from './send.js';
import { isAwsHost, ServerBounds } from './server-time.js';
import type { AnswerMetadata } from './transport.js';

const aws = 'dynamodb.us-east-1.amazonaws.com';
const ask = ({ transport }: Connection) => transport.call('DescribeTable', { TableName: 't' });

function connection(options: ConnectionOptions): Connection {
  return connect({ tableName: 't', ...options }, 'keys');
}

/** Answers with this `$metadata`. */
function answering(metadata: () => AnswerMetadata): Answering {
  return new Answering(() => ({ $metadata: metadata() }));
}

/** A server whose time is that much later than the machine's. */
function server(machine: Clock, aheadMs: number, serverHost?: string): Answering {
  return answering(() => ({ serverTimeMs: machine.now() + aheadMs, serverHost }));
}

describe('the clock of connect()', () => {
  it("is the machine's while it agrees with the answers", async () => {
    const machine = new ManualClock();
    const connected = connection({
      dynamo: server(machine, -900),
      clock: machine,
      serverClock: true,
    });
    await ask(connected);
    expect(connected.clock.now()).toBe(machine.now());
    expect(latestMs(connected.clock)).toBe(machine.now());
  });

  it.each([3_000, -3_000, 240_000, -172_800_000])(
    'is the earliest that the answers allow, %d ms off, and the latest for ends',
    async (aheadMs) => {
      const machine = new ManualClock();
      const connected = connection({
        dynamo: server(machine, aheadMs),
        clock: machine,
        serverClock: true,
      });
      await ask(connected);
      expect(connected.clock.now()).toBe(machine.now() + aheadMs);
      expect(latestMs(connected.clock)).toBe(machine.now() + aheadMs + 2_000);
      expect(connected.clock.machine).toBe(machine);
    },
  );

  it('learns from errors, too', async () => {
    const machine = new ManualClock();
    const $metadata = { serverTimeMs: machine.now() + 60_000 };
    const dynamo = new Answering(() => Promise.reject(sdkError('Throttled', { $metadata })));
    const connected = connection({ dynamo, clock: machine, serverClock: true });
    await expect(ask(connected)).rejects.toThrow('Throttled');
    expect(connected.clock.now()).toBe(machine.now() + 60_000);
  });

  it('is never moved by an answer that comes late', async () => {
    const machine = new ManualClock();
    const dynamo = answering(() => {
      const serverTimeMs = machine.now();
      machine.advance(3_000).catch(() => undefined);
      return { serverTimeMs };
    });
    const connected = connection({ dynamo, clock: machine, serverClock: true });
    await ask(connected);
    expect(connected.clock.now()).toBe(machine.now());
  });

  it('is whole milliseconds, corrected or not', async () => {
    const machine: Clock = {
      now: () => 1_700_000_000_000.7,
      monotonic: () => 0,
      sleep: () => new Promise(() => {}),
    };
    expect(connection({ clock: machine }).clock.now()).toBe(1_700_000_000_000);
    const connected = connection({
      dynamo: answering(() => ({ serverTimeMs: 1_700_000_060_000 })),
      clock: machine,
      serverClock: true,
    });
    await ask(connected);
    expect(connected.clock.now()).toBe(1_700_000_060_000);
    expect(Number.isInteger(latestMs(connected.clock))).toBe(true);
  });

  it("is the machine's again once the clock has been set", async () => {
    const machine = new ManualClock();
    const connected = connection({
      dynamo: server(machine, 60_000),
      clock: machine,
      serverClock: true,
    });
    await ask(connected);
    machine.jumpWall(60_000);
    expect(connected.clock.now()).toBe(machine.now());
  });

  it('is as given unless serverClock asks for more', async () => {
    const machine = new ManualClock();
    for (const serverClock of [undefined, false]) {
      const dynamo = server(machine, 60_000, aws);
      const connected = connection({ dynamo, clock: machine, serverClock });
      await ask(connected);
      expect(connected.clock.now()).toBe(machine.now());
    }
  });

  it("corrects the machine's own by AWS itself, and by no emulator", async () => {
    for (const host of [undefined, 'localhost', '127.0.0.1', 'dynamodb.local']) {
      const connected = connection({ dynamo: server(systemClock, 60_000, host) });
      await ask(connected);
      expect(connected.clock.offsetMs()).toEqual({ earliest: 0, latest: 0 });
    }
    const connected = connection({ dynamo: server(systemClock, 60_000, aws) });
    await ask(connected);
    expect(connected.clock.offsetMs().earliest).toBeGreaterThan(59_000);
    // What the process knows is no concern of an emulator's client.
    const emulated = connection({ dynamo: server(systemClock, 0, 'localhost') });
    await ask(emulated);
    expect(emulated.clock.offsetMs()).toEqual({ earliest: 0, latest: 0 });
    const off = connection({ dynamo: server(systemClock, 60_000, aws), serverClock: false });
    expect(off.clock.offsetMs()).toEqual({ earliest: 0, latest: 0 });
    // A client per call knows it before its first request.
    expect(connection({}).clock.offsetMs().earliest).toBeGreaterThan(59_000);
    // Other tests of this process have its clock as it is.
    await ask(connection({ dynamo: server(systemClock, 0, aws) }));
    expect(connected.clock.offsetMs()).toEqual({ earliest: 0, latest: 0 });
  });

  it('is kept by the clock object, and by the connection where that cannot', async () => {
    const kept = Object.assign(new ManualClock(), { serverBounds: new ServerBounds() });
    const bare = new ManualClock();
    for (const clock of [kept, bare]) {
      await ask(connection({ dynamo: server(clock, 60_000), clock, serverClock: true }));
    }
    const clocks = [kept, bare].map((clock) => connection({ clock, serverClock: true }).clock);
    expect(clocks.map((clock) => clock.offsetMs().earliest)).toEqual([60_000, 0]);
  });

  it('warns once, without values, also a logger that came later', async () => {
    const machine = Object.assign(new ManualClock(), { serverBounds: new ServerBounds() });
    const warn = vi.fn<(message: string, error?: unknown) => void>();
    const quiet = { debug: () => undefined, info: () => undefined, error: () => undefined };
    const logger = { ...quiet, warn };
    const options = { dynamo: server(machine, -60_000), clock: machine, serverClock: true };
    await ask(connection(options));
    for (let index = 0; index < 3; index++) {
      await ask(connection({ ...options, monitoring: { logger } }));
    }
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^The clock of this machine is about 59\.0 s ahead of DynamoDB's/u)],
    ]);
  });

  it('reads the time of a MemoryDynamo, of answers and of errors', async () => {
    const [machine, truth] = [new ManualClock(), new ManualClock()];
    await truth.advance(240_700);
    const dynamo = new MemoryDynamo({ clock: truth });
    const answer = (await dynamo.call('ListTables', {})) as { $metadata?: AnswerMetadata };
    expect(answer.$metadata?.serverTimeMs).toBe(truth.now() - 700);
    const connected = connection({ dynamo, clock: machine, serverClock: true });
    await expect(ask(connected)).rejects.toThrow('TableName must be');
    expect(connected.clock.now()).toBe(truth.now() - 700);
  });
});

describe('send()', () => {
  it('builds anew with the clock that the refusal has corrected', async () => {
    const machine = new ManualClock();
    const serverTimeMs = machine.now() + 600_000;
    const dynamo = new Answering(({ options }) => {
      const { rebuild } = options as { rebuild?: (refusal?: AnswerMetadata) => object };
      return { Attributes: rebuild?.({ serverTimeMs }) };
    });
    const { transport, clock } = connection({ dynamo, clock: machine, serverClock: true });
    const build = () => ({ TableName: 't', Item: { at: { N: String(clock.now()) } } });
    const monitoring = await send(transport, 'PutItem', build);
    expect(dynamo.requests[0]?.input).toEqual({
      TableName: 't',
      Item: { at: { N: String(machine.now()) } },
    });
    expect(monitoring.Attributes).toMatchObject({ Item: { at: { N: String(serverTimeMs) } } });
  });
});

describe('isAwsHost()', () => {
  it.each([
    aws,
    'dynamodb-fips.us-gov-west-1.amazonaws.com',
    '123456789012.ddb.eu-west-1.amazonaws.com',
    'vpce-0a1b-2c3d.dynamodb.us-east-1.vpce.amazonaws.com',
    'dynamodb.cn-north-1.amazonaws.com.cn',
    'dynamodb.eu-central-1.api.aws',
    '123456789012.ddb-fips.us-east-1.api.aws',
    'dynamodb.eusc-de-east-1.amazonaws.eu',
    'dynamodb.us-iso-east-1.c2s.ic.gov',
    'dynamodb.us-isob-east-1.sc2s.sgov.gov',
    'dynamodb.us-isof-south-1.csp.hci.ic.gov',
    'dynamodb.eu-isoe-west-1.cloud.adc-e.uk',
    'dynamodb.us-iso-east-1.api.aws.ic.gov',
    'dynamodb.us-isob-east-1.api.aws.scloud',
    'dynamodb.cn-north-1.api.amazonwebservices.com.cn',
  ])('is true of %s', (host) => {
    expect(isAwsHost(host)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'localhost',
    '127.0.0.1',
    'dynamodb',
    'dynamodb.us-east-1.localhost.localstack.cloud',
    'ec2-1-2-3-4.compute-1.amazonaws.com',
    'dynamodb.us-east-1.amazonaws.com.example.com',
    'dynamodb.us-east-1.myamazonaws.com',
    'mydynamodb.us-east-1.amazonaws.com',
  ])('is false of %s', (host) => {
    expect(isAwsHost(host)).toBe(false);
  });
});
