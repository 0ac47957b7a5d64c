import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
} from '@aws-lambda-powertools/idempotency';
import {
  BasePersistenceLayer,
  IdempotencyRecord,
} from '@aws-lambda-powertools/idempotency/persistence';
import { numberOf, stringOf, type Item } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import { send, writeConditionally, type Connection } from '@x/dynamo-core/mechanism';

import { Claims } from './powertools-claims.js';
import { openRecords, type DynamoPersistenceLayerOptions } from './powertools-options.js';
import {
  deleteRecord,
  getRecord,
  keyOf,
  ownerName,
  putRecord,
  updateRecord,
  type RecordTable,
  type RecordValues,
} from './powertools-requests.js';

export type { DynamoPersistenceLayerOptions } from './powertools-options.js';

/**
 * A persistence layer for the idempotency of Powertools for AWS Lambda, on a table of its own layer: it
 * recognises itself where a response is lost and the SDK repeats the request (with `DynamoDBPersistenceLayer`
 * the repeat is refused by its own first send, and the work is never done), and only who holds a record
 * completes or deletes it. All else is as Powertools has it.
 *
 * It takes the options of `DynamoDBPersistenceLayer` by their names. A new record is one PutItem, its completion
 * one UpdateItem, its removal one DeleteItem, a read one consistent GetItem. Each invocation has an id of its own,
 * also where two of one key overlap in one process: one that has outlasted its time and been followed by
 * another cannot complete (Powertools throws an `IdempotencyPersistenceLayerError`) nor remove the record of
 * the other, and one that was refused removes nothing.
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
  readonly #claims = new Claims();

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: DynamoPersistenceLayerOptions) {
    super();
    [this.#connection, this.#table] = openRecords(options, this.idempotencyKeyPrefix);
  }

  /** Begins an invocation. One PutItem, unless the local cache knows the answer. */
  override async saveInProgress(...given: ArgumentsOf<'saveInProgress'>): Promise<void> {
    this.#claims.begin(given[0], this.#connection.random.id());
    // It sends before it waits, so that the claim is that of this invocation.
    await super.saveInProgress(...given);
  }

  /** Ends an invocation. One UpdateItem. */
  override saveSuccess(...given: ArgumentsOf<'saveSuccess'>): Promise<void> {
    return this.#claims.end(given[0], () => super.saveSuccess(...given));
  }

  /** Ends an invocation that has failed. One DeleteItem. */
  override deleteRecord(...given: ArgumentsOf<'deleteRecord'>): Promise<void> {
    return this.#claims.end(given[0], () => super.deleteRecord(...given));
  }

  /** Claims a key. One PutItem, which recognises its own first send. */
  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    const { transport, clock, random } = this.#connection;
    const { idempotencyKey: key } = record;
    const claim = this.#claims.sent(key);
    const owner = claim?.owner ?? random.id();
    const values = await this.#valuesOf(record);
    const written = await writeConditionally(
      transport,
      'PutItem',
      () => putRecord(this.#table, key, { owner, values, nowMs: clock.now() }),
      {
        isMine: (item) => stringOf(item, ownerName) === owner,
        mustExist: keyOf(this.#table, key),
      },
    );
    if (written.outcome === 'refused') {
      throw new IdempotencyItemAlreadyExistsError(
        `Failed to put record for already existing idempotency key: ${key}`,
        written.item && (await this.#recordOf(written.item)),
      );
    }
    if (claim) claim.isHeld = true;
  }

  /** What is stored under a key. One consistent GetItem. */
  protected override async _getRecord(idempotencyKey: string): Promise<IdempotencyRecord> {
    const input = getRecord(this.#table, idempotencyKey);
    const { Item: item } = await send(this.#connection.transport, 'GetItem', input, {});
    if (item === undefined) throw new IdempotencyItemNotFoundError();
    return this.#recordOf(item);
  }

  /** Completes what its invocation has claimed. One UpdateItem; fails where another has taken over. */
  protected override async _updateRecord(record: IdempotencyRecord): Promise<void> {
    const { idempotencyKey: key } = record;
    const claim = this.#claims.ending(key);
    // Who was refused and acts all the same replays a durable execution, which has claimed it before.
    const owner = claim?.isHeld === true ? claim.owner : undefined;
    const input = updateRecord(this.#table, key, { owner, values: await this.#valuesOf(record) });
    await send(this.#connection.transport, 'UpdateItem', input, {});
  }

  /** Removes what its invocation has claimed, and nothing of another. One DeleteItem. */
  protected override async _deleteRecord({
    idempotencyKey: key,
  }: IdempotencyRecord): Promise<void> {
    const input = deleteRecord(this.#table, key, this.#claims.ending(key)?.owner);
    // Refused: it is another's, or was removed by the first send of this request.
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

  /** A stored record, as Powertools' own layer reads it. */
  async #recordOf(item: Item): Promise<IdempotencyRecord> {
    const { names, sort } = this.#table;
    const key = stringOf(item, names.keyAttr) ?? '';
    const data = item[names.dataAttr];
    return new IdempotencyRecord({
      idempotencyKey: key,
      status: (stringOf(item, names.statusAttr) ?? '') as 'COMPLETED',
      ...withDefined({
        sortKey: sort && stringOf(item, sort.name),
        expiryTimestamp: numberOf(item, names.expiryAttr),
        inProgressExpiryTimestamp: numberOf(item, names.inProgressExpiryAttr),
        responseData: data && (await documentCodec.decode(data, key)),
        payloadHash: stringOf(item, names.validationKeyAttr),
      }),
    } as ConstructorParameters<typeof IdempotencyRecord>[0]);
  }
}

/** What Powertools passes to a method of a layer. */
type ArgumentsOf<Method extends 'saveInProgress' | 'saveSuccess' | 'deleteRecord'> = Parameters<
  BasePersistenceLayer[Method]
>;

function withDefined<T extends object>(given: T): Partial<T> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
