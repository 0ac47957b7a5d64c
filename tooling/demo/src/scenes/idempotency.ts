import { createAdaptorServer } from '@hono/node-server';
import { idempotent } from '@x/dynamo-idempotency/hono';
import { Hono } from 'hono';

import { listening } from '../listening.js';
import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Requests that are carried out once: @x/dynamo-idempotency',
  why: 'A repeat with the same Idempotency-Key gets the first answer.',
  run: async (show) => {
    let payments = 0;
    const app = new Hono();
    const pay = idempotent((c) => c.json({ payment: ++payments }, 201), {
      tableName: 'partitioned',
      dynamo: show.dynamo,
    });
    app.post('/pay', pay);
    const server = createAdaptorServer({ fetch: app.fetch });
    const url = `${await listening(server)}/pay`;
    const headers = { 'idempotency-key': 'order-77', connection: 'close' };
    const post = async (body: string): Promise<unknown> => {
      const response = await fetch(url, { method: 'POST', headers, body });
      return [response.status, response.headers.get('Idempotency-Replayed')];
    };

    await show(() => post('{"amount":5}'));
    show.note('The same request again: replayed, and nothing is paid twice.');
    await show(() => post('{"amount":5}'));
    show.note('The same key with another body:');
    await show(() => post('{"amount":500}'));
    await show(() => Promise.resolve(payments));
    server.close();
  },
};
