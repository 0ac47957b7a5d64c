import { N, S, type TableDefinition } from '@x/dynamo-core';
import { isConditionalCheckFailed } from '@x/dynamo-core/mechanism';

import type { Scenario } from './options.js';

const leaseMs = 10;
const Key = { key: S('L') };

/** The table of the scenario. */
export const lockTables: readonly TableDefinition[] = [
  { name: 'locks', partitionKey: { name: 'key', type: 'S' } },
];

/**
 * A lock as small as it gets, for the tests of the scheduler: each client takes it once, works, and
 * releases it; no two may hold it at a time. `checksHolder` tells the right release from the naive one.
 */
export function lockScenario(clients: readonly string[], checksHolder: boolean): Scenario {
  return (world) => {
    const held = new Map<string, number>();
    world.always(() => {
      const live = [...held].filter(([, untilMs]) => untilMs > world.nowMs);
      return live.length > 1 ? `Held by ${live.map(([name]) => name).join(' and ')}` : undefined;
    });
    for (const name of clients) {
      const client = world.client(name);
      const { clock, dynamo, random } = client;
      client.run(async () => {
        const heldBy = S(random.id());
        const nowMs = clock.now();
        const untilMs = nowMs + leaseMs;
        const put = dynamo.call('PutItem', {
          TableName: 'locks',
          Item: { ...Key, heldBy, untilMs: N(untilMs) },
          ConditionExpression: 'attribute_not_exists(untilMs) OR untilMs <= :now',
          ExpressionAttributeValues: { ':now': N(nowMs) },
        });
        if (!(await isApplied(put)) || untilMs <= clock.now()) return;
        held.set(name, untilMs);
        await client.step('works');
        held.delete(name);
        const onlyMine = {
          ConditionExpression: 'heldBy = :me',
          ExpressionAttributeValues: { ':me': heldBy },
        };
        const release = { TableName: 'locks', Key, ...(checksHolder && onlyMine) };
        await isApplied(dynamo.call('DeleteItem', release));
      });
    }
  };
}

async function isApplied(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConditionalCheckFailed(error)) return false;
    throw error;
  }
}
