import type { ConnectionOptions } from '@x/dynamo-core';
import { DoOnceManager } from '@x/dynamo-do-once';
import { idempotent as express } from '@x/dynamo-idempotency/express';
import { idempotent as fastify } from '@x/dynamo-idempotency/fastify';
import { idempotent as hono } from '@x/dynamo-idempotency/hono';
import { idempotent as lambda, idempotentBatch } from '@x/dynamo-idempotency/lambda';
import { DynamoPersistenceLayer } from '@x/dynamo-idempotency/powertools';
import { DynamoLeader } from '@x/dynamo-leader';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';

import { everySubject } from './every-subject.js';
import { World } from './world.js';

type Make = (given: never) => unknown;

/** A world in which what is made first gets this in place of its options. */
class WorldOf extends World {
  #given: object | undefined;
  constructor(given: object) {
    super();
    this.#given = given;
  }
  override on(tableName: string): ConnectionOptions {
    const given = this.#given;
    this.#given = undefined;
    return given ?? super.on(tableName);
  }
}

// Compat has the options of the original; others add some of their own to what they are given.
const subjects = everySubject.filter(({ title }) => !/^compat|bigints|Leader/.test(title));
const acquire = async (): Promise<void> => {};
const table = (): PartitionedKeyValueTable =>
  new PartitionedKeyValueTable(new World().on('a-table'));

/** All that is made with options, or with a table: what each gets is for its caller to say. */
export const makers: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    subjects.map(({ title, open }): [string, Make] => [
      title,
      (given) => open(new WorldOf(given), 'a'),
    ]),
  ),
  'options of DoOnceManager': (given) => new DoOnceManager(table(), given),
  'options of LimitedAttempt': (given) => new LimitedAttempt(table(), given),
  'options of DynamoLeader': (given) => new DynamoLeader({ acquire } as never, 'key', given),
  'idempotent() of express': (given) => express(async () => {}, given),
  'idempotent() of fastify': (given) => fastify(async () => {}, given),
  'idempotent() of hono': (given) => hono(async () => new Response(), given),
  'idempotent() of lambda': (given) => lambda(async () => 1, given),
  'idempotentBatch()': (given) => idempotentBatch(async () => {}, given),
  DynamoPersistenceLayer: (given) => new DynamoPersistenceLayer(given),
};
