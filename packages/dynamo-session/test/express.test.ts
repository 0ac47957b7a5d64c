import { describeOnEngines } from '@x/conformance';
import { keysTable } from '@x/dynamo-core';
import { injectFaults, type FaultPlan } from '@x/dynamo-testing';
import type { SessionOptions } from 'express-session';
import { afterEach, beforeAll, expect, test } from 'vitest';

import { browse, type Browser, type Opened } from './session-app.js';

const path = ['/read', '/visit', '/visit', '/read', '/login', '/read', '/visit', '/reload', '/out'];
const walk = [...path, '/read', '/visit', '/longer', '/visit', '/read', '/used', '/visit', '/read'];

describeOnEngines('DynamoSessionStore under express-session', (engine) => {
  let tableName: string;
  const open: Browser[] = [];

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });
  afterEach(async () => {
    for (const browser of open.splice(0)) await browser.close();
  });

  async function start(...args: Parameters<typeof browse>): Promise<Browser> {
    const browser = await browse(...args);
    open.push(browser);
    return browser;
  }

  function withFaults(plan: FaultPlan): Opened {
    const dynamo = engine.client();
    injectFaults(dynamo, plan);
    return { dynamo, tableName };
  }

  async function seen(browser: Browser): Promise<string[]> {
    const texts: string[] = [];
    for (const step of walk) texts.push(await browser.visit(step));
    return [...texts, ...browser.attributes];
  }

  test.each<[string, Partial<SessionOptions>]>([
    ['as it is', {}],
    ['rolling', { rolling: true }],
    [
      'with all attributes',
      { rolling: true, cookie: { sameSite: 'strict', path: '/', priority: 'high' } },
    ],
    ['until the browser ends', { cookie: {} }],
    ['saved each time', { resave: true, saveUninitialized: true }],
  ])('answers as the store in memory, request by request: %s', async (_, options) => {
    const ours = await start({ dynamo: engine.client(), tableName }, options);
    const memory = await start('memory', options);
    expect(await seen(ours)).toEqual(await seen(memory));
  });

  test('keeps sessions where the first response of every request is lost', async () => {
    const lost = await start(
      withFaults(({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined)),
    );
    const memory = await start('memory');
    expect(await seen(lost)).toEqual(await seen(memory));
  });

  test('keeps sessions where every request is throttled first', async () => {
    const browser = await start(
      withFaults(({ retry }) =>
        retry === 0 ? { kind: 'error', name: 'ThrottlingException' } : undefined,
      ),
    );
    expect(await browser.visit('/visit')).toBe('visits 1');
    expect(await browser.visit('/visit')).toBe('visits 2');
  });

  test('two processes share the sessions', async () => {
    const [one, other] = [
      await start({ dynamo: engine.client(), tableName }),
      await start({ dynamo: engine.client(), tableName }),
    ];
    await one.visit('/visit');
    other.cookie = one.cookie;
    expect(await other.visit('/visit')).toBe('visits 2');
  });

  test('an endpoint that never answers ends in an error, in time', async () => {
    const dynamo = { call: () => new Promise<never>(() => undefined) };
    const stored = await start({ dynamo: engine.client(), tableName });
    await stored.visit('/visit');
    const silent = await start({ dynamo, tableName, requestMsMax: 100 });
    silent.cookie = stored.cookie;
    expect(await silent.visit('/visit')).toBe('status 500');
  });
});
