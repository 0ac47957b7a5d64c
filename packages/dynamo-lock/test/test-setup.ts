import { N, S, type DynamoInput, type DynamoTransport, type Item } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';

import { DynamoLock, locksTable, type DynamoLockOptions, type HeldLock } from '../src/index.js';

/** When every test begins: a full second, so that expiries are easy to read. */
export const startMs: number = Date.UTC(2030, 0, 1, 12);
export const startSeconds: number = startMs / 1000;

/** A table of locks inside the process, a clock that the test moves, and what was sent. */
export class TestSetup {
  readonly clock = new ManualClock({ nowMs: startMs });
  readonly memory: MemoryDynamo = new MemoryDynamo({ clock: this.clock });
  /** The operations, in the order in which they were sent. */
  sent: string[] = [];
  readonly warnings: string[] = [];
  /** Runs before a request is applied. */
  before: ((input: DynamoInput<'UpdateItem'>, signal?: AbortSignal) => unknown) | undefined;
  /** Runs between the request and its answer. */
  after: (() => unknown) | undefined;
  #clients = 0;

  readonly transport: DynamoTransport = {
    call: async (operation, input, options) => {
      this.sent.push(operation);
      await this.before?.(input as DynamoInput<'UpdateItem'>, options?.signal);
      const output = await this.memory.call(operation, input);
      await this.after?.();
      return output;
    },
  };

  constructor() {
    this.memory.createTable(locksTable);
  }

  /** Another client, without a tolerance for clocks. */
  open(options: DynamoLockOptions = {}): DynamoLock {
    const quiet = (): void => {};
    const warn = (message: string): void => void this.warnings.push(message);
    this.#clients += 1;
    return new DynamoLock({
      dynamo: this.transport,
      tableName: 'locks',
      clock: this.clock,
      random: seededRandom(this.#clients),
      skewToleranceMs: 0,
      holder: `client ${this.#clients}`,
      monitoring: { logger: { debug: quiet, info: quiet, warn, error: quiet } },
      ...options,
    });
  }

  /** A lock of a client of its own, which must be free; what was sent is forgotten. */
  async take(timeoutSeconds = 9, key = 'k'): Promise<HeldLock> {
    const lock = await held(this.open().tryAcquire(key, timeoutSeconds));
    this.sent = [];
    return lock;
  }

  rowOf(key = 'k'): Item | undefined {
    return this.memory.rows('locks').find((row) => row['key']?.S === key);
  }

  async put(row: Item): Promise<void> {
    await this.memory.call('PutItem', { TableName: 'locks', Item: { key: S('k'), ...row } });
  }

  /** What an original client does when it takes a lock that is free to it. */
  async overwriteExpiry(expiresAt: number): Promise<void> {
    await this.memory.call('UpdateItem', {
      TableName: 'locks',
      Key: { key: S('k') },
      UpdateExpression: 'set expiresAt = :e',
      ExpressionAttributeValues: { ':e': N(expiresAt) },
    });
  }

  /** What an original client does when it releases. */
  async delete(): Promise<void> {
    await this.memory.call('DeleteItem', { TableName: 'locks', Key: { key: S('k') } });
  }
}

/** The lock, which must have been free. */
export async function held(lock: Promise<HeldLock | undefined>): Promise<HeldLock> {
  const taken = await lock;
  if (taken === undefined) throw new Error('The lock is not free');
  return taken;
}

/** Fails as the SDK does when no answer comes. */
export function lose(): never {
  throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
}

/** What an `InvalidInputError` looks like. */
export function invalid(field: string): object {
  return { name: 'InvalidInputError', code: 'InvalidInput', field };
}
