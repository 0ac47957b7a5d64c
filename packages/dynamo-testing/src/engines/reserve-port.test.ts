import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

import { reservePort } from './reserve-port.js';

test('reservePort() never gives two the same port at once', async () => {
  const reserved = await Promise.all(Array.from({ length: 40 }, () => reservePort()));
  onTestFinished(async () => {
    await Promise.all(reserved.map((one) => one.release()));
  });
  expect(new Set(reserved.map(({ port }) => port)).size).toBe(40);
});

test('reservePort() leaves the port itself free to listen on', async () => {
  const reserved = await reservePort();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(reserved.port, '127.0.0.1', resolve);
  });
  expect(server.listening).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  await reserved.release();
});
