import { EventEmitter, once } from 'node:events';

import { DynamoLeader } from '@x/dynamo-leader';
import { DynamoLock } from '@x/dynamo-lock';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'One leader: @x/dynamo-leader',
  why: 'One of many processes leads; when it dies or resigns, another follows.',
  run: async (show) => {
    const locks = new DynamoLock({ tableName: 'locks', dynamo: show.dynamo });
    const elections = new EventEmitter();
    const candidate = (name: string): DynamoLeader =>
      new DynamoLeader(locks, 'scheduler', {
        leaseMs: 1_000,
        onElected: () => elections.emit('elected', `${name} leads`),
      });
    const [one, other] = [candidate('web-1'), candidate('web-2')];

    await show(() => {
      one.start();
      return once(elections, 'elected');
    });
    show.note('Another process is a candidate meanwhile. The leader stops:');
    other.start();
    const next = once(elections, 'elected');
    await show(() => one.stop());
    await show(() => next);
    await show(() => other.isLeader);
    await other.stop();
  },
};
