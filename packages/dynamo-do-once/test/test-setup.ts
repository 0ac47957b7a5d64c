import {
  S,
  type DynamoInput,
  type DynamoOperation,
  type DynamoTransport,
  type Item,
} from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';

import {
  DoOnceManager,
  partitionedKeysTable,
  type DoOnceManagerOptions,
  type DoOnceOptions,
} from '../src/index.js';

/** When every test begins. */
export const startMs: number = Date.UTC(2030, 0, 1, 12);
export const tableName = 'partitioned_keys';
const rowKey: Item = { partitionKey: S('ann'), sortKey: S('users.do_once.mail') };

/** A request on its way. */
export interface Sent {
  readonly operation: DynamoOperation;
  readonly input: DynamoInput<DynamoOperation>;
  readonly signal: AbortSignal | undefined;
}

/** A table inside the process, a clock that the test moves, and what was sent. */
export class TestSetup {
  readonly clock: ManualClock = new ManualClock({ nowMs: startMs });
  readonly memory: MemoryDynamo = new MemoryDynamo({ clock: this.clock });
  /** The operations, in the order in which they were sent. */
  sent: string[] = [];
  readonly warnings: string[] = [];
  /** Runs before a request is applied. */
  before: ((sent: Sent) => unknown) | undefined;
  /** Runs between the request and its answer. */
  after: ((sent: Sent) => unknown) | undefined;
  #clients = 0;

  readonly transport: DynamoTransport = {
    call: async (operation, input, options) => {
      this.sent.push(operation);
      const sent = { operation, input, signal: options?.signal };
      await this.before?.(sent);
      const output = await this.memory.call(operation, input);
      await this.after?.(sent);
      return output;
    },
  };

  constructor() {
    this.memory.createTable(partitionedKeysTable, tableName);
  }

  /** Another process, without a tolerance for clocks. */
  open(options: DoOnceManagerOptions = {}, clock: ManualClock = this.clock): DoOnceManager {
    const quiet = (): void => {};
    const warn = (message: string): void => void this.warnings.push(message);
    this.#clients += 1;
    const table = {
      dynamo: this.transport,
      tableName,
      clock,
      random: seededRandom(this.#clients),
    };
    return new DoOnceManager(table, {
      skewToleranceMs: 0,
      monitoring: { logger: { debug: quiet, info: quiet, warn, error: quiet } },
      ...options,
    });
  }

  /** Another process claims the action and dies. */
  async die(options: DoOnceManagerOptions = {}, call: DoOnceOptions = {}): Promise<void> {
    const dead = this.open(options);
    await new Promise<void>((resolve) => {
      const dying = dead.doOnce(
        'ann',
        'mail',
        () => (resolve(), new Promise<never>(() => undefined)),
        call,
      );
      void dying.catch(() => undefined);
    });
    this.sent = [];
  }

  /** The SDK sends the same request again. */
  async repeat({ operation, input }: Sent): Promise<void> {
    await this.memory.call(operation, input);
  }

  row(): Item | undefined {
    return this.memory.rows(tableName).find((row) => row['sortKey']?.S === rowKey['sortKey']?.S);
  }

  async put(row: Item): Promise<void> {
    await this.memory.call('PutItem', { TableName: tableName, Item: { ...rowKey, ...row } });
  }
}

/** Fails as the SDK does when no answer comes. */
export function lose(): never {
  throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
}

/** A promise that the test settles. */
export function gate<T = void>(): {
  readonly opened: Promise<T>;
  readonly open: (value: T) => void;
  readonly fail: (error: Error) => void;
} {
  let open: (value: T) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const opened = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { opened, open, fail };
}
