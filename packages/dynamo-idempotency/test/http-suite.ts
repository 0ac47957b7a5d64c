import { describeOnEngines, type Listening } from '@x/conformance';
import { partitionedKeysTable, type Dynamo } from '@x/dynamo-core';
import { injectFaults, type FaultPlan } from '@x/dynamo-testing';
import { afterEach, beforeAll, expect, test } from 'vitest';

/** What `idempotent` of an application is opened with. */
interface Opened {
  readonly dynamo: Dynamo;
  readonly tableName: string;
  readonly required?: boolean;
  readonly bodyBytesMax?: number;
  readonly requestMsMax?: number;
  readonly leaseMs?: number;
}

/** What the handler of an application does with a body, before it answers. */
export type Work = (body: { readonly [name: string]: unknown }) => Promise<void>;

/** A framework under test. */
export interface Adapter {
  readonly name: string;
  /**
   * An application whose `POST /pay` works, and answers with the status in `body.status`, the header
   * `x-paid`, two cookies, and bytes that are no text; `body.size` of them where it is given. With
   * `body.events` it answers a stream of events, and it throws with `body.throws`.
   * The scope is the header `x-user`.
   */
  start(options: Opened, work: Work): Promise<Listening>;
}

/** The bytes of an answer that is no text. */
export const answerBytes: Uint8Array<ArrayBuffer> = Uint8Array.from([0, 255, 128, 10, 13]);

interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly body: number[];
}

/** The same tests for every framework, with the real one over HTTP on every engine. */
export function describeHttp({ name, start }: Adapter): void {
  describeOnEngines(name, (engine) => {
    let tableName: string;
    let keys = 0;
    const running: Listening[] = [];

    beforeAll(async () => {
      tableName = await engine.createTable(partitionedKeysTable);
    });
    afterEach(async () => {
      for (const one of running.splice(0)) await one.close();
    });

    async function open(
      options: Partial<Opened> = {},
      work: Work = () => Promise.resolve(),
    ): Promise<[Listening, () => number]> {
      let worked = 0;
      const application = await start(
        { dynamo: engine.client(), tableName, ...options },
        (body) => {
          worked++;
          return work(body);
        },
      );
      running.push(application);
      return [application, () => worked];
    }

    async function pay(
      { url }: Listening,
      key: string | undefined,
      body: object = {},
      { user = 'ann', path = '/pay' } = {},
    ): Promise<Said> {
      const headers = { 'content-type': 'application/json', 'x-user': user };
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { ...headers, ...(key !== undefined && { 'idempotency-key': key }) },
        body: JSON.stringify(body),
      });
      const bytes = [...new Uint8Array(await response.arrayBuffer())];
      return { status: response.status, headers: response.headers, body: bytes };
    }

    const nextKey = (): string => `key-${keys++}`;

    function expectPaid({ status, headers, body }: Said, isReplay: boolean): void {
      expect(status).toBe(201);
      expect(headers.get('x-paid')).toBe('yes');
      expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      expect(body).toEqual([...answerBytes]);
      expect(headers.get('idempotency-replayed')).toBe(isReplay ? 'true' : null);
    }

    async function paysOnce(options: Partial<Opened>): Promise<void> {
      const [application, worked] = await open(options);
      const key = nextKey();
      expectPaid(await pay(application, key, { amount: 1 }), false);
      expectPaid(await pay(application, `"${key}"`, { amount: 1 }), true);
      expect(worked()).toBe(1);
    }

    test('replays status, headers and bytes, with a mark, for bare and quoted keys', () =>
      paysOnce({}));

    test('carries out once where the first response of every request is lost', () =>
      paysOnce({
        dynamo: faulty(({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined)),
      }));

    test('carries out once where every request is throttled first', () =>
      paysOnce({
        dynamo: faulty(({ retry }) =>
          retry === 0 ? { kind: 'error', name: 'ThrottlingException' } : undefined,
        ),
      }));

    function faulty(plan: FaultPlan): Dynamo {
      const dynamo = engine.client();
      injectFaults(dynamo, plan);
      return dynamo;
    }

    test('an endpoint that never answers ends in an error, in time, and nothing is done', async () => {
      const dynamo = { call: () => new Promise<never>(() => undefined) };
      const [application, worked] = await open({ dynamo, requestMsMax: 100 });
      expect((await pay(application, nextKey())).status).toBe(500);
      expect(worked()).toBe(0);
    });

    test('answers 400 to a bad key and, where it is required, to none', async () => {
      const [strict] = await open({ required: true });
      expect((await pay(strict, undefined)).status).toBe(400);
      expect((await pay(strict, 'a, b')).status).toBe(400);
      expect((await pay(strict, 'x'.repeat(256))).status).toBe(400);
      const [open1, worked] = await open();
      expectPaid(await pay(open1, undefined), false);
      expectPaid(await pay(open1, undefined), false);
      expect(worked()).toBe(2);
    });

    test('answers 409 with Retry-After while another process carries it out', async () => {
      let begin: (() => void) | undefined;
      let go: (() => void) | undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const [application] = await open({}, () => {
        begin?.();
        return new Promise<void>((resolve) => (go = resolve));
      });
      const [other, worked] = await open();
      const key = nextKey();
      const first = pay(application, key);
      await begun;
      for (const one of [application, other]) {
        const { status, headers } = await pay(one, key);
        expect(status).toBe(409);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(50);
      }
      go?.();
      expectPaid(await first, false);
      expectPaid(await pay(other, key), true);
      expect(worked()).toBe(0);
    });

    test('answers 422 to another body or query; another user or route is another key', async () => {
      const [application, worked] = await open();
      const key = nextKey();
      await pay(application, key, { amount: 1 });
      expect((await pay(application, key, { amount: 2 })).status).toBe(422);
      expect((await pay(application, key, { amount: 1 }, { path: '/pay?a=1' })).status).toBe(422);
      expect(worked()).toBe(1);
      expectPaid(await pay(application, key, { amount: 2 }, { user: 'bob' }), false);
      expect(worked()).toBe(2);
    });

    test('keeps final failures, and acts again after others and after errors', async () => {
      const [application, worked] = await open();
      for (const [body, status, times] of [
        [{ status: 402 }, 402, 1],
        [{ status: 503 }, 503, 2],
        [{ status: 429 }, 429, 2],
        [{ throws: true }, 500, 2],
      ] as const) {
        const before = worked();
        const key = nextKey();
        expect((await pay(application, key, body)).status).toBe(status);
        const again = await pay(application, key, body);
        expect(again.status).toBe(status);
        expect(again.headers.get('idempotency-replayed')).toBe(times === 1 ? 'true' : null);
        expect(worked() - before).toBe(times);
      }
    });

    test('refuses streams of events and large answers, and does not act again', async () => {
      const [application, worked] = await open({ bodyBytesMax: 1_000 });
      for (const body of [{ events: true }, { size: 1_001 }]) {
        const before = worked();
        const key = nextKey();
        for (const isReplay of [false, true]) {
          const said = await pay(application, key, body);
          expect(said.status).toBe(500);
          expect(Buffer.from(said.body).toString()).toMatch(/was carried out, but its answer/);
          expect(said.headers.get('idempotency-replayed')).toBe(isReplay ? 'true' : null);
        }
        expect(worked() - before).toBe(1);
      }
      const key = nextKey();
      expect((await pay(application, key, { size: 1_000 })).body).toHaveLength(1_000);
      expect((await pay(application, key, { size: 1_000 })).body).toHaveLength(1_000);
    });

    test('ends a handler that outlasts its lease with an error', async () => {
      const [application] = await open({ leaseMs: 200 }, () => new Promise(() => undefined));
      expect((await pay(application, nextKey())).status).toBe(500);
    });
  });
}
