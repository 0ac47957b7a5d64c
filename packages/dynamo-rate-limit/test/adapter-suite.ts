import { describeOnEngines, type Listening } from '@x/conformance';
import { partitionedKeysTable, type Dynamo } from '@x/dynamo-core';
import { injectFaults, type FaultPlan } from '@x/dynamo-testing';
import { afterEach, beforeAll, expect, test } from 'vitest';

/** How many requests of a client the applications of the suite admit in a minute. */
export const limit = 5;
export const windowMs = 60_000;

/** What a store is opened with. */
interface Opened {
  readonly dynamo: Dynamo;
  readonly tableName: string;
  readonly timeoutMs?: number;
}

/** A framework under test: with a store of ours, or with its own in memory. */
export interface Adapter {
  readonly name: string;
  /** An application that limits by the header `x-client`. */
  start(store: Opened | 'memory'): Promise<Listening>;
  /** The headers of an answer that must be those of the framework's own store. */
  readonly headers: readonly string[];
  /** Those with seconds: the two are not asked at the same moment, and a machine may be slow. */
  readonly seconds: readonly string[];
}

/** Sends one request as a client. */
export async function hit({ url }: Listening, client: string): Promise<Response> {
  const response = await fetch(url, { headers: { 'x-client': client } });
  await response.arrayBuffer();
  return response;
}

/** The same tests for every framework, with the real one over HTTP on every engine. */
export function describeAdapter({ name, start, headers, seconds }: Adapter): void {
  describeOnEngines(name, (engine) => {
    let tableName: string;
    const running: Listening[] = [];

    beforeAll(async () => {
      tableName = await engine.createTable(partitionedKeysTable);
    });
    afterEach(async () => {
      for (const one of running.splice(0)) await one.close();
    });

    async function open(store: Opened | 'memory'): Promise<Listening> {
      const application = await start(store);
      running.push(application);
      return application;
    }

    async function withFaults(plan: FaultPlan): Promise<Listening> {
      const dynamo = engine.client();
      injectFaults(dynamo, plan);
      return open({ dynamo, tableName });
    }

    function said(response: Response): unknown {
      return [response.status, ...headers.map((header) => response.headers.get(header))];
    }

    async function countsExactly(application: Listening, client: string): Promise<void> {
      const statuses: number[] = [];
      for (let index = 0; index < limit + 2; index++) {
        statuses.push((await hit(application, client)).status);
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    }

    test("answers as the framework's own store, hit by hit", async () => {
      const [ours, memory] = [
        await open({ dynamo: engine.client(), tableName }),
        await open('memory'),
      ];
      for (const client of 'abacabaaabbaabcbb'.split('')) {
        const [one, other] = [await hit(ours, `same-${client}`), await hit(memory, client)];
        expect(said(one)).toEqual(said(other));
        for (const header of seconds) {
          const [a, b] = [one, other].map((answer) => answer.headers.get(header));
          expect(typeof a).toBe(typeof b);
          expect(Math.abs(Number(a) - Number(b))).toBeLessThanOrEqual(10);
        }
      }
    });

    test('counts once where the first response of every request is lost', async () => {
      const application = await withFaults(({ retry }) =>
        retry === 0 ? { kind: 'drop-after' } : undefined,
      );
      await countsExactly(application, 'lost');
    });

    test('counts once where every request is throttled first', async () => {
      const application = await withFaults(({ retry }) =>
        retry === 0 ? { kind: 'error', name: 'ThrottlingException' } : undefined,
      );
      await countsExactly(application, 'throttled');
    });

    test('two processes share the limit, in parallel', async () => {
      const one = await open({ dynamo: engine.client(), tableName });
      const other = await open({ dynamo: engine.client(), tableName });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => hit(index % 2 ? one : other, 'shared')),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(limit);
    });

    test('an endpoint that never answers ends in an error, in time', async () => {
      const dynamo = { call: () => new Promise<never>(() => undefined) };
      const application = await open({ dynamo, tableName, timeoutMs: 100 });
      const { status } = await hit(application, 'silent');
      expect(status).toBeGreaterThanOrEqual(500);
    });
  });
}
