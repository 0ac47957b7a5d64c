import { Agent, createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { afterIdleness } from './connection.js';
import type { DynamoTransport } from './transport.js';

const get = { TableName: 't', Key: {} };

/** A transport over connections that stay open, and what closes them at the server. */
async function overSockets(): Promise<{ transport: DynamoTransport; freeze: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.end('{}'));
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  cleanUps.push(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const transport: DynamoTransport = {
    usesSockets: true,
    call: () =>
      new Promise((resolve, reject) => {
        const sent = request({ port, agent, method: 'POST' }, (response) => {
          response.resume().on('end', () => resolve({} as never));
        });
        sent.on('error', reject).end();
      }),
  };
  const freeze = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    // The process hears nothing: it is held up from here on, in this turn.
    const heldUntilMs = performance.now() + 250;
    while (performance.now() < heldUntilMs);
  };
  return { transport, freeze };
}

const cleanUps: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const ten = (transport: DynamoTransport): Promise<PromiseSettledResult<unknown>[]> =>
  Promise.allSettled(Array.from({ length: 10 }, () => transport.call('GetItem', get)));

describe('afterIdleness()', () => {
  it('sends nothing on connections that the server closed while the process was frozen', async () => {
    const { transport, freeze } = await overSockets();
    await ten(transport);
    await freeze();
    const failedWithout = (await ten(transport)).filter(({ status }) => status === 'rejected');
    expect(failedWithout.length, 'the fault that this is about').toBeGreaterThan(0);

    const careful = afterIdleness(transport);
    await ten(careful);
    await freeze();
    const failed = (await ten(careful)).filter(({ status }) => status === 'rejected');
    expect(failed).toEqual([]);
  });

  it('lets nobody wait in a busy process, nor without connections', async () => {
    let sent = 0;
    const transport: DynamoTransport = { call: async () => (sent++, {}) as never };
    expect(afterIdleness(transport)).toBe(transport);
    const call = afterIdleness({ ...transport, usesSockets: true }).call('GetItem', get);
    expect(sent).toBe(1);
    await call;
  });

  it('sends under fake timers', async () => {
    vi.useFakeTimers();
    const transport = afterIdleness({ usesSockets: true, call: async () => ({}) as never });
    vi.advanceTimersByTime(1_000);
    await expect(transport.call('GetItem', get)).resolves.toEqual({});
  });
});
