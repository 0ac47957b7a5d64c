import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
} from '@aws-lambda-powertools/idempotency';
import {
  BasePersistenceLayer,
  IdempotencyRecord,
} from '@aws-lambda-powertools/idempotency/persistence';
import { numberOf, stringOf, type ConnectionOptions, type Item } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import {
  checkedOptions,
  connect,
  connectionOptionNames,
  send,
  writeConditionally,
  type Connection,
} from '@x/dynamo-core/mechanism';

import {
  deleteRecord,
  getRecord,
  ownerName,
  putRecord,
  updateRecord,
  type RecordAttributes,
  type RecordTable,
  type RecordValues,
} from './powertools-requests.js';

/** What a `DynamoPersistenceLayer` is made with. */
export interface DynamoPersistenceLayerOptions extends ConnectionOptions {
  /** Attribute names that differ from those of Powertools. */
  readonly attributes?: Partial<RecordAttributes> | undefined;
}

const powertoolsNames: RecordAttributes = {
  key: 'id',
  status: 'status',
  expiry: 'expiration',
  inProgressExpiry: 'in_progress_expiration',
  data: 'data',
  validation: 'validation',
};

/**
 * A persistence layer for the idempotency of Powertools for AWS Lambda, on a table of its own layer: it
 * recognises itself where a response is lost and the SDK repeats the request (with `DynamoDBPersistenceLayer`
 * the repeat is refused by its own first send, and the work is never done), and only who holds a record
 * completes or deletes it. All else is as Powertools has it.
 *
 * A new record is one PutItem, its completion one UpdateItem, its removal one DeleteItem, a read one consistent
 * GetItem. An invocation that has outlasted its time and been followed by another cannot complete:
 * Powertools throws an `IdempotencyPersistenceLayerError`. An instance remembers the owner of each record
 * under way, until it has ended.
 *
 * @example
 * ```ts
 * import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
 * import { DynamoPersistenceLayer } from '@x/dynamo-idempotency/powertools';
 *
 * const persistenceStore = new DynamoPersistenceLayer({ tableName: 'idempotency' });
 * const pay = makeIdempotent(async (order: { id: string }) => ({ paid: order.id }), {
 *   persistenceStore,
 *   config: new IdempotencyConfig({ eventKeyJmesPath: 'id' }),
 * });
 * console.log(typeof pay);
 * ```
 */
// The contract of Powertools: a layer is a subclass.
export class DynamoPersistenceLayer extends BasePersistenceLayer {
  readonly #connection: Connection;
  readonly #table: RecordTable;
  /** Whose each record under way is, by its key. */
  readonly #owners = new Map<string, string>();

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: DynamoPersistenceLayerOptions) {
    super();
    const names = { ...connectionOptionNames, attributes: true } as const;
    const { attributes, ...connection } = checkedOptions(options, names);
    this.#connection = connect(connection, 'idempotency');
    this.#table = { tableName: this.#connection.tableName, names: attributeNames(attributes) };
  }

  /** Claims a key. One PutItem, which recognises its own first send. */
  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    const { transport, clock, random } = this.#connection;
    const { idempotencyKey: key } = record;
    const owner = random.id();
    const values = await this.#valuesOf(record);
    const { names } = this.#table;
    const written = await writeConditionally(
      transport,
      'PutItem',
      () => putRecord(this.#table, { key, owner, values, nowMs: clock.now() }),
      {
        isMine: (item) => stringOf(item, ownerName) === owner,
        mustExist: { [names.key]: { S: key } },
      },
    );
    if (written.outcome === 'refused') {
      throw new IdempotencyItemAlreadyExistsError(
        `Failed to put record for already existing idempotency key: ${key}`,
        written.item && (await this.#recordOf(key, written.item)),
      );
    }
    this.#owners.set(key, owner);
  }

  /** What is stored under a key. One consistent GetItem. */
  protected override async _getRecord(idempotencyKey: string): Promise<IdempotencyRecord> {
    const input = getRecord(this.#table, idempotencyKey);
    const { Item: item } = await send(this.#connection.transport, 'GetItem', input, {});
    if (item === undefined) throw new IdempotencyItemNotFoundError();
    return this.#recordOf(idempotencyKey, item);
  }

  /** Completes what this layer has claimed. One UpdateItem; fails where another has taken over. */
  protected override async _updateRecord(record: IdempotencyRecord): Promise<void> {
    const { idempotencyKey: key } = record;
    const owner = this.#owners.get(key);
    this.#owners.delete(key);
    const input = updateRecord(this.#table, { key, owner, values: await this.#valuesOf(record) });
    await send(this.#connection.transport, 'UpdateItem', input, {});
  }

  /** Removes what this layer has claimed, and nothing of another. One DeleteItem. */
  protected override async _deleteRecord({
    idempotencyKey: key,
  }: IdempotencyRecord): Promise<void> {
    const input = deleteRecord(this.#table, { key, owner: this.#owners.get(key) });
    this.#owners.delete(key);
    // Refused: it is another's by now, or was removed by the first send of this request.
    await writeConditionally(this.#connection.transport, 'DeleteItem', input);
  }

  async #valuesOf(record: IdempotencyRecord): Promise<RecordValues> {
    const { idempotencyKey, expiryTimestamp, inProgressExpiryTimestamp, responseData } = record;
    return {
      status: record.getStatus(),
      expiry: expiryTimestamp,
      inProgressExpiryMs: inProgressExpiryTimestamp,
      data:
        responseData === undefined
          ? undefined
          : await documentCodec.encode(responseData, idempotencyKey),
      validation: this.isPayloadValidationEnabled() ? record.payloadHash : undefined,
    };
  }

  async #recordOf(key: string, item: Item): Promise<IdempotencyRecord> {
    const { names } = this.#table;
    const data = item[names.data];
    const payloadHash = stringOf(item, names.validation);
    const inProgressExpiryTimestamp = numberOf(item, names.inProgressExpiry);
    return new IdempotencyRecord({
      idempotencyKey: key,
      status: (stringOf(item, names.status) ?? '') as 'COMPLETED',
      ...withDefined({
        expiryTimestamp: numberOf(item, names.expiry),
        inProgressExpiryTimestamp,
        responseData: data && (await documentCodec.decode(data, key)),
        payloadHash,
      }),
    } as ConstructorParameters<typeof IdempotencyRecord>[0]);
  }
}

function attributeNames(given: Partial<RecordAttributes> | undefined): RecordAttributes {
  const known = {
    key: true,
    status: true,
    expiry: true,
    inProgressExpiry: true,
    data: true,
    validation: true,
  } as const;
  return { ...powertoolsNames, ...withDefined(checkedOptions(given, known)) };
}

function withDefined<T extends object>(given: T): Partial<T> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
