import type * as sdk from '@aws-sdk/client-dynamodb';
import type { KeyAttribute } from '@x/dynamo-core';

import { Constraints } from '../constraints.js';
import type { KeySchema } from '../expressions/key-condition.js';
import { validationError, UnsupportedFeatureError } from '../service-errors.js';

const attributeTypes = ['B', 'N', 'S'];
const keysMax = 2;
const unitsMax = 1_000_000_000_000;

/** What defines the key of a table or of an index, with where it stands in a request. */
export interface KeyInput {
  readonly path: string;
  readonly schema: readonly sdk.KeySchemaElement[] | undefined;
}

/** A parameter is invalid in a way that DynamoDB's model does not know. */
export function invalidParameter(reason: string): Error {
  return validationError(`One or more parameter values were invalid: ${reason}`);
}

/** The constraints on key schemas and on the definitions of their attributes. */
export function keyConstraints(
  constraints: Constraints,
  { schema, path }: KeyInput,
  definitions?: readonly sdk.AttributeDefinition[],
): Constraints {
  constraints.present(schema, path);
  if (schema) {
    const shown = schema
      .map((key) => `KeySchemaElement(attributeName=${key.AttributeName}, keyType=${key.KeyType})`)
      .join(', ');
    const failed = `Value '[${shown}]' at '${path}' failed to satisfy constraint: `;
    constraints
      .rule(schema.length <= keysMax, `${failed}Member must have length less than or equal to 2`)
      .rule(schema.length >= 1, `${failed}Member must have length greater than or equal to 1`);
  }
  (schema ?? []).forEach(({ AttributeName: name, KeyType: type }, index) => {
    const member = `${path}.${index + 1}.member`;
    constraints
      .present(name, `${member}.attributeName`)
      .length(name, `${member}.attributeName`, 1, 255)
      .present(type, `${member}.keyType`)
      .oneOf(type, `${member}.keyType`, ['HASH', 'RANGE']);
  });
  return definitionConstraints(constraints, definitions);
}

/** The constraints on definitions of attributes. */
export function definitionConstraints(
  constraints: Constraints,
  definitions: readonly sdk.AttributeDefinition[] = [],
): Constraints {
  definitions.forEach(({ AttributeName: name, AttributeType: type }, index) => {
    const member = `attributeDefinitions.${index + 1}.member`;
    constraints
      .present(name, `${member}.attributeName`)
      .present(type, `${member}.attributeType`)
      .oneOf(type, `${member}.attributeType`, attributeTypes);
  });
  return constraints;
}

/** Reads a key schema, whose attributes are among the definitions. */
export function readKeySchema(
  schema: readonly sdk.KeySchemaElement[],
  definitions: readonly sdk.AttributeDefinition[],
  isTable: boolean,
): KeySchema {
  const names = schema.map(({ AttributeName: name }) => name as string);
  const defined = definitions.map(({ AttributeName: name }) => name as string);
  const isDefined = names.every((name) => defined.includes(name));
  if (isTable && !isDefined && new Set(defined).size < names.length) {
    throw validationError('Invalid KeySchema: Some index key attribute have no definition');
  }
  const [hash, range] = schema;
  if (hash?.KeyType !== 'HASH') {
    throw validationError('Invalid KeySchema: The first KeySchemaElement is not a HASH key type');
  }
  if (range && range.KeyType !== 'RANGE') {
    throw validationError('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type');
  }
  if (hash.AttributeName === range?.AttributeName) {
    throw validationError(
      isTable
        ? 'Invalid KeySchema: Some index key attribute have no definition'
        : 'Both the Hash Key and the Range Key element in the KeySchema have the same name',
    );
  }
  if (!isDefined) {
    throw invalidParameter(
      'Some index key attributes are not defined in AttributeDefinitions. ' +
        `Keys: [${names.join(', ')}], AttributeDefinitions: [${defined.join(', ')}]`,
    );
  }
  const attribute = (name: string): KeyAttribute => ({
    name,
    type: definitions.find((each) => each.AttributeName === name)?.AttributeType as 'S',
  });
  const [partition, sort] = names;
  return {
    partitionKey: attribute(partition as string),
    sortKey: sort === undefined ? undefined : attribute(sort),
  };
}

/** How a schema is described. */
export function describeKeys({ partitionKey, sortKey }: KeySchema): sdk.KeySchemaElement[] {
  const hash = { AttributeName: partitionKey.name, KeyType: 'HASH' as const };
  return sortKey ? [hash, { AttributeName: sortKey.name, KeyType: 'RANGE' }] : [hash];
}

/** A stream could be described, but nothing could be read from it. */
export function checkStream(what: string, stream: sdk.StreamSpecification | undefined): void {
  if (!stream) return;
  const path = 'streamSpecification.streamEnabled';
  new Constraints().present(stream.StreamEnabled, path).check();
  if (stream.StreamEnabled === true) {
    throw new UnsupportedFeatureError(`${what}.StreamSpecification.StreamEnabled`);
  }
  if (stream.StreamViewType !== undefined) {
    throw invalidParameter(
      'Table is being created with a stream disabled, UpdateViewType should not be specified',
    );
  }
}

/** Provisioned throughput, where it is given, is at least one unit of each. */
export function throughputConstraints(
  constraints: Constraints,
  path: string,
  units: sdk.ProvisionedThroughput | undefined,
): Constraints {
  if (!units) return constraints;
  return constraints
    .present(units.WriteCapacityUnits, `${path}.writeCapacityUnits`)
    .present(units.ReadCapacityUnits, `${path}.readCapacityUnits`)
    .range(units.WriteCapacityUnits, `${path}.writeCapacityUnits`, 1)
    .range(units.ReadCapacityUnits, `${path}.readCapacityUnits`, 1);
}

/** More than this is out of bounds, of a table or of one of its indexes. */
export function checkThroughput(
  { ReadCapacityUnits, WriteCapacityUnits }: Partial<sdk.ProvisionedThroughput> = {},
  indexName?: string,
): void {
  for (const [name, units] of Object.entries({ ReadCapacityUnits, WriteCapacityUnits })) {
    if (units === undefined || units <= unitsMax) continue;
    const place = indexName === undefined ? '' : ` for index ${indexName}`;
    throw validationError(`Given value ${units} for ${name} is out of bounds${place}`);
  }
}

/** A global index has throughput where its table has, and only there. */
export function checkIndexBilling(
  { IndexName: name, ProvisionedThroughput: units }: sdk.GlobalSecondaryIndex,
  mode: 'PAY_PER_REQUEST' | 'PROVISIONED',
): void {
  if (mode === 'PAY_PER_REQUEST' && units) {
    throw invalidParameter(
      `ProvisionedThroughput should not be specified for index: ${name} ` +
        'when BillingMode is PAY_PER_REQUEST',
    );
  }
  if (mode === 'PROVISIONED' && !units) {
    throw invalidParameter(`ProvisionedThroughput is required for index: ${name}`);
  }
  checkThroughput(units, name);
}
