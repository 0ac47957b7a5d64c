import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { InvalidInputError, type ConnectionOptions, type Dynamo } from '@x/dynamo-core';
import {
  checkedOptions,
  checkKeyText,
  connect,
  connectionOptionNames,
  type Connection,
} from '@x/dynamo-core/mechanism';

import { ownerName, type RecordAttributes, type RecordTable } from './powertools-requests.js';

/**
 * What a `DynamoPersistenceLayer` is made with: what all packages take, and the options of
 * `DynamoDBPersistenceLayer` under their own names, which do what they do there.
 */
export interface DynamoPersistenceLayerOptions
  extends ConnectionOptions, Partial<Record<keyof RecordAttributes, string | undefined>> {
  /**
   * What the sort key of the table is called. All records are then in one partition, `staticPkValue`,
   * which takes at most 1,000 writes a second.
   *
   * @default the table has none
   */
  readonly sortKeyAttr?: string | undefined;
  /** The partition of all records, with `sortKeyAttr`. @default `idempotency#<name of the function>` */
  readonly staticPkValue?: string | undefined;
  /** Another name for `dynamo`. */
  readonly awsSdkV3Client?: DynamoDBClient | undefined;
  /** How a client is made on the first request, where none is given. */
  readonly clientConfig?: DynamoDBClientConfig | undefined;
}

const powertoolsNames: RecordAttributes = {
  keyAttr: 'id',
  statusAttr: 'status',
  expiryAttr: 'expiration',
  inProgressExpiryAttr: 'in_progress_expiration',
  dataAttr: 'data',
  validationKeyAttr: 'validation',
};

/** Checks the options of a layer, whose keys begin with that prefix, and opens its table. Sends nothing. */
export function openRecords(
  options: DynamoPersistenceLayerOptions | undefined,
  prefix: string,
): [Connection, RecordTable] {
  const given = checkedOptions(options, {
    ...connectionOptionNames,
    keyAttr: true,
    statusAttr: true,
    expiryAttr: true,
    inProgressExpiryAttr: true,
    dataAttr: true,
    validationKeyAttr: true,
    sortKeyAttr: true,
    staticPkValue: true,
    awsSdkV3Client: true,
    clientConfig: true,
  });
  const { sortKeyAttr, staticPkValue, awsSdkV3Client, clientConfig, ...rest } = given;
  const clients = { dynamo: rest.dynamo, awsSdkV3Client, clientConfig };
  const [, second] = Object.entries(clients).filter(([, one]) => one !== undefined);
  if (second !== undefined) {
    const allowed = 'left out where another client is given';
    throw new InvalidInputError(second[0], second[1], allowed, { isData: true });
  }
  const dynamo = rest.dynamo ?? awsSdkV3Client ?? (clientConfig && configured(clientConfig));
  const names = namesOf(given);
  checkDistinct({ ...names, ...(sortKeyAttr !== undefined && { sortKeyAttr }) });
  if (sortKeyAttr === undefined && staticPkValue !== undefined) {
    const allowed = 'given with sortKeyAttr, as only a table with a sort key has one partition';
    throw new InvalidInputError('staticPkValue', staticPkValue, allowed);
  }
  const partition = staticPkValue ?? `idempotency#${prefix}`;
  checkKeyText('staticPkValue', partition);
  const connection = connect({ ...rest, dynamo }, 'idempotency');
  const sort = sortKeyAttr === undefined ? undefined : { name: sortKeyAttr, partition };
  return [connection, { tableName: connection.tableName, names, sort }];
}

function namesOf(given: DynamoPersistenceLayerOptions): RecordAttributes {
  const names = Object.entries(powertoolsNames).map(([option, name]) => {
    return [option, given[option as keyof RecordAttributes] ?? name];
  });
  return Object.fromEntries(names) as RecordAttributes;
}

/** Throws unless all are names, each for one thing. */
function checkDistinct(names: object): void {
  const taken = new Set<unknown>([ownerName]);
  for (const [option, name] of Object.entries(names)) {
    if (typeof name !== 'string' || name === '' || taken.has(name)) {
      const allowed = `the name of an attribute of its own, and not ${ownerName}`;
      throw new InvalidInputError(option, name, allowed);
    }
    taken.add(name);
  }
}

/** A client that is made, as the SDK is loaded, on the first request. */
function configured(config: DynamoDBClientConfig): Dynamo {
  let client: Promise<DynamoDBClient> | undefined;
  const made = (): Promise<DynamoDBClient> =>
    (client ??= import('@aws-sdk/client-dynamodb').then((sdk) => new sdk.DynamoDBClient(config)));
  const send = async (...given: Parameters<DynamoDBClient['send']>): Promise<unknown> =>
    (await made()).send(...given);
  return { send } as Dynamo;
}
