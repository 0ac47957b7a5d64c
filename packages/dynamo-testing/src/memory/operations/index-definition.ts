import type * as sdk from '@aws-sdk/client-dynamodb';

import { checkFields } from '../check-fields.js';
import type { Constraints } from '../constraints.js';
import type { KeySchema } from '../expressions/key-condition.js';
import { validationError } from '../service-errors.js';
import type { IndexDefinition } from '../store/table-index.js';
import {
  invalidParameter,
  keyConstraints,
  readKeySchema,
  throughputConstraints,
} from './table-definition.js';

/** A secondary index as a request defines it. */
export type IndexInput = sdk.GlobalSecondaryIndex | sdk.CreateGlobalSecondaryIndexAction;

/** A name counts once for each index that has it. */
const projectedMax = 100;
export const globalIndexesMax = 20;

const localFields = ['IndexName', 'KeySchema', 'Projection'];
/** Of these, a global index may have more than a local one. */
const globalFields = [
  ...localFields,
  'ProvisionedThroughput',
  'OnDemandThroughput',
  'WarmThroughput',
];

/** The constraints on one index of a request. */
export function indexConstraints(
  constraints: Constraints,
  path: string,
  index: IndexInput,
  kind: IndexDefinition['kind'],
): Constraints {
  checkFields(path, index, kind === 'global' ? globalFields : localFields);
  const { Projection: projection } = index;
  constraints.name(index.IndexName, `${path}.indexName`);
  keyConstraints(constraints, { path: `${path}.keySchema`, schema: index.KeySchema });
  constraints.present(projection, `${path}.projection`);
  throughputConstraints(constraints, `${path}.provisionedThroughput`, index.ProvisionedThroughput);
  (projection?.NonKeyAttributes ?? []).forEach((given, at) => {
    const member = `${path}.projection.nonKeyAttributes.${at + 1}.member`;
    const name = given ?? undefined;
    constraints.present(name, member).length(name, member, 1, 255);
  });
  return constraints
    .oneOf(projection?.ProjectionType, `${path}.projection.projectionType`, [
      'ALL',
      'INCLUDE',
      'KEYS_ONLY',
    ])
    .length(projection?.NonKeyAttributes, `${path}.projection.nonKeyAttributes`, 1, 20);
}

/** Reads an index whose constraints hold. */
export function readIndex(
  index: IndexInput,
  definitions: readonly sdk.AttributeDefinition[],
  kind: IndexDefinition['kind'],
): IndexDefinition {
  const { ProjectionType: type, NonKeyAttributes: names } = index.Projection ?? {};
  if (type === undefined) throw invalidParameter('Unknown ProjectionType: null');
  if (type === 'INCLUDE' && names === undefined) {
    throw invalidParameter('ProjectionType is INCLUDE, but NonKeyAttributes is not specified');
  }
  if (type !== 'INCLUDE' && names !== undefined) {
    throw invalidParameter(`ProjectionType is ${type}, but NonKeyAttributes is specified`);
  }
  if (new Set(names).size !== (names?.length ?? 0)) {
    throw validationError('Cannot have two attributes with the same name');
  }
  const { OnDemandThroughput: onDemand, WarmThroughput: warm } = index;
  return {
    ...readKeySchema(index.KeySchema ?? [], definitions, false),
    name: index.IndexName as string,
    kind,
    projection: { ProjectionType: type, ...(names && { NonKeyAttributes: [...names] }) },
    throughput: index.ProvisionedThroughput,
    described: {
      ...(onDemand && { OnDemandThroughput: { ...onDemand } }),
      ...(warm && { WarmThroughput: { ...warm } }),
    },
  };
}

/** Throws where all indexes of a table together are given more attributes than they may have. */
export function checkProjections(indexes: readonly IndexDefinition[]): void {
  const names = indexes.flatMap(({ projection }) => projection.NonKeyAttributes ?? []);
  if (names.length <= projectedMax) return;
  throw invalidParameter(
    `Number of attributes projected into all indexes exceeds per-table limit of ${projectedMax}`,
  );
}

/** Only a table with a sort key can have local indexes. */
export function checkHasSortKey(table: KeySchema): void {
  if (table.sortKey) return;
  throw invalidParameter(
    'Table KeySchema does not have a range key, ' +
      'which is required when specifying a LocalSecondaryIndex',
  );
}

/** A local index has the partition key of its table and a sort key of its own. */
export function checkLocalIndex(
  { partitionKey, sortKey, name }: IndexDefinition,
  table: KeySchema,
): void {
  if (partitionKey.name !== table.partitionKey.name) {
    throw invalidParameter(
      'Index KeySchema does not have the same leading hash key as table KeySchema for index: ' +
        `${name}. index hash key: ${partitionKey.name}, table hash key: ${table.partitionKey.name}`,
    );
  }
  if (!sortKey) {
    throw invalidParameter(`Index KeySchema does not have a range key for index: ${name}`);
  }
}
