import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';

import { InvalidInputError, type AnswerMetadata } from '@x/dynamo-core';
import { describe, expect, it, vi } from 'vitest';

import type { HttpRequest, HttpSender } from './http-sender.js';
import { LightClient, type LightClientOptions } from './light-client.js';
import { requestChannelName } from './request-channel.js';

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'top-secret', sessionToken: 'token-1' };
const input = { TableName: 'keys', Key: { key: { S: 'stored' } } };
const refused = JSON.stringify({ __type: 'a#ConditionalCheckFailedException', message: 'm' });
const date = (aheadMs: number) => new Date(Date.now() + aheadMs).toUTCString();

interface Answer {
  readonly status?: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A sender that answers in turn, an error by rejecting, the last answer for good. */
function answering(...answers: readonly (Answer | Error)[]): HttpSender & { sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  return {
    sent,
    send(request) {
      sent.push(request);
      const answer = answers[Math.min(sent.length, answers.length) - 1] ?? {};
      if (answer instanceof Error) return Promise.reject(answer);
      const { status = 200, text = '{}', headers = {} } = answer;
      return Promise.resolve({ status, text, header: (name) => headers[name] });
    },
  };
}
const client = (http: HttpSender, options: LightClientOptions = {}): LightClient =>
  new LightClient({ region: 'eu-central-1', credentials, http, ...options });

describe('LightClient', () => {
  it("hands over DynamoDB's time, the host and the attempts with outputs and errors", async () => {
    const headers = { date: 'Thu, 26 Nov 2026 10:00:00 GMT', 'x-amzn-requestid': 'R' };
    const http = answering({ headers }, { status: 400, text: refused, headers });
    const known = {
      serverTimeMs: Date.UTC(2026, 10, 26, 10),
      serverHost: 'dynamodb.eu-central-1.amazonaws.com',
      requestId: 'R',
      attempts: 1,
    };
    expect(await client(http).call('GetItem', input)).toMatchObject({ $metadata: known });
    await expect(client(http).call('GetItem', input)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      $metadata: known,
    });
  });

  it('builds a request anew that was refused for its time, signs it with the right one, and tells the time', async () => {
    const twoDays = 172_800_000;
    const expired = JSON.stringify({ __type: 'a#InvalidSignatureException', message: 'm' });
    const http = answering({ status: 400, text: expired, headers: { date: date(twoDays) } }, {});
    const rebuild = vi.fn<(refusal?: AnswerMetadata) => typeof input>(() => ({
      ...input,
      TableName: 'anew',
    }));
    await client(http).call('GetItem', input, { rebuild });
    expect(http.sent.map(({ body }) => JSON.parse(body).TableName)).toEqual(['keys', 'anew']);
    expect(rebuild).toHaveBeenCalledOnce();
    expect(rebuild.mock.calls[0]).toMatchObject([{ serverHost: expect.any(String) }]);
    const signed = http.sent[1]?.headers[5] ?? '';
    expect(signed.slice(0, 8)).toBe(
      new Date(Date.now() + twoDays).toISOString().slice(0, 10).replaceAll('-', ''),
    );
  });

  it('repeats a first attempt that a closed connection lost at once, and counts it', async () => {
    const lost = Object.assign(new Error('reset'), { code: 'ECONNRESET', reusedSocket: true });
    const output = await client(answering(lost, {})).call('GetItem', input);
    expect(output).toMatchObject({ $metadata: { attempts: 2, totalRetryDelay: 0 } });
    await expect(client(answering(lost), { maxAttempts: 1 }).call('GetItem', input)).rejects.toBe(
      lost,
    );
  });

  it('gives a transaction one token for all of its attempts, and keeps one that is given', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const http = answering({ status: 500 }, { status: 500 }, {});
    const tokens = () =>
      http.sent.map(
        ({ body }) => (JSON.parse(body) as { ClientRequestToken: string }).ClientRequestToken,
      );
    await client(http).call('TransactWriteItems', { TransactItems: [] });
    expect(new Set(tokens()).size).toBe(1);
    await client(http).call('TransactWriteItems', {
      TransactItems: [],
      ClientRequestToken: 'mine',
    });
    expect(tokens().at(-1)).toBe('mine');
    vi.restoreAllMocks();
  });

  it('ends with the reason of the signal while it backs off, and leaves no listener', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const throttled = { status: 400, text: JSON.stringify({ __type: 'a#ThrottlingException' }) };
    const abort = new AbortController();
    const http = answering(throttled);
    const call = client(http).call('GetItem', input, { signal: abort.signal });
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 5);
    await expect(call).rejects.toBe(reason);
    expect(http.sent).toHaveLength(1);
    const other = new AbortController();
    await client(answering({ status: 500 }, {})).call('GetItem', input, { signal: other.signal });
    expect(getEventListeners(other.signal, 'abort')).toEqual([]);
    vi.restoreAllMocks();
  });

  it('does not wait to repeat for a signal that has aborted, whatever the sender does about it', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const abort = new AbortController();
    const http = answering({ status: 400, text: JSON.stringify({ __type: 'a#Throttling' }) });
    const { send } = http;
    http.send = (request) => send(request).finally(() => abort.abort('enough'));
    const startedMs = performance.now();
    const call = client(http).call('GetItem', input, { signal: abort.signal });
    await expect(call).rejects.toBe('enough');
    expect(performance.now() - startedMs).toBeLessThan(500);
    vi.restoreAllMocks();
  });

  it('ends with the reason of the signal while it waits for credentials, and sends nothing', async () => {
    const http = answering({});
    const never = (): Promise<never> => new Promise(() => undefined);
    const abort = new AbortController();
    const call = client(http, { credentials: never }).call('GetItem', input, {
      signal: abort.signal,
    });
    abort.abort('enough');
    await expect(call).rejects.toBe('enough');
    expect(http.sent).toEqual([]);
  });

  it('rejects with what a sender rejects with, also where nothing can be added to it', async () => {
    const frozen = Object.freeze(new Error('frozen', { cause: Object.freeze(new Error('why')) }));
    await expect(client(answering(frozen)).call('GetItem', input)).rejects.toBe(frozen);
  });

  it('finds the keys that the environment has by the first call', async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, '');
    const http = answering({});
    const made = client(http, { credentials: undefined });
    await expect(made.call('GetItem', input)).rejects.toThrow('AWS_ACCESS_KEY_ID');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'LATE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
    await made.call('GetItem', input);
    expect(http.sent[0]?.headers.join()).toContain('Credential=LATE/');
    vi.unstubAllEnvs();
  });

  it('throws what its credentials throw, without a repeat', async () => {
    const provide = vi.fn<() => Promise<never>>(() =>
      Promise.reject(new TypeError('fetch failed')),
    );
    await expect(
      client(answering({}), { credentials: provide }).call('GetItem', input),
    ).rejects.toThrow('fetch failed');
    expect(provide).toHaveBeenCalledOnce();
  });

  it('tells the channel of each call, no value of it', async () => {
    const told: unknown[] = [];
    const listen = (message: unknown): void => void told.push(message);
    subscribe(requestChannelName, listen);
    await client(answering({})).call('GetItem', input);
    const batch = { RequestItems: { other: [] } };
    await client(answering({ status: 400, text: refused }))
      .call('BatchWriteItem', batch)
      .catch(() => undefined);
    unsubscribe(requestChannelName, listen);
    const durationMs = expect.any(Number) as number;
    expect(told).toEqual([
      { operation: 'GetItem', table: 'keys', attempts: 1, durationMs, outcome: 'ok' },
      {
        operation: 'BatchWriteItem',
        table: 'other',
        attempts: 1,
        durationMs,
        outcome: 'ConditionalCheckFailedException',
      },
    ]);
  });

  it('shows no secret in errors, inspect and JSON', async () => {
    const made = client(
      answering({
        status: 403,
        text: JSON.stringify({ __type: 'a#AccessDeniedException', message: 'm' }),
      }),
    );
    const error: unknown = await made.call('GetItem', input).catch((thrown: unknown) => thrown);
    for (const shown of [
      inspect(made, { depth: 9 }),
      JSON.stringify(made),
      inspect(error, { depth: 9 }),
    ]) {
      expect(shown).not.toMatch(/top-secret|token-1|AKID/);
    }
    const wrong = () =>
      client(answering({}), { credentials: { accessKeyId: 'AKID', secretAccessKey: '' } });
    expect(wrong).toThrow('credentials.secretAccessKey');
    expect(wrong).not.toThrow('AKID');
  });

  it('repeats no redirect, and does not follow it', async () => {
    const http = answering({ status: 302, headers: { location: 'http://elsewhere' } });
    await expect(client(http).call('GetItem', input)).rejects.toMatchObject({
      $metadata: { httpStatusCode: 302 },
    });
    expect(http.sent).toHaveLength(1);
  });

  it.each([
    [{ region: undefined }, 'region'],
    [{ maxAttempts: 0 }, 'maxAttempts'],
    [{ http: {} as HttpSender }, 'http'],
    [{ maxSockets: 3 }, 'maxSockets'],
    [{ http: undefined, requestTimeoutMs: 0 }, 'requestTimeoutMs'],
    [{ retries: 3 } as LightClientOptions, 'retries'],
  ])('refuses %j by name', (options, field) => {
    vi.stubEnv('AWS_REGION', '');
    const make = () => client(answering({}), options);
    expect(make).toThrow(InvalidInputError);
    expect(make).toThrow(field);
    vi.unstubAllEnvs();
  });
});
