import type * as sdk from '@aws-sdk/client-dynamodb';

import { checkFields } from '../check-fields.js';
import { Constraints } from '../constraints.js';
import { validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import type { Table } from '../store/table.js';
import { describeTable as describe } from './describe-table.js';

const namesMax = 100;

/** The table that a request on the table itself names. */
export function tableOf(database: Database, name: string | undefined): Table {
  if (name === undefined) {
    throw validationError(
      "The parameter 'TableName' is required but was not present in the request",
    );
  }
  if (name.length < 3 || name.length > 255) {
    throw validationError(
      'TableName must be at least 3 characters long and at most 255 characters long',
    );
  }
  new Constraints().name(name, 'tableName').check();
  return database.resource(name);
}

export function describeTable(
  database: Database,
  input: sdk.DescribeTableCommandInput,
): Omit<sdk.DescribeTableCommandOutput, '$metadata'> {
  checkFields('DescribeTable', input, ['TableName']);
  return { Table: describe(tableOf(database, input.TableName)) };
}

export function deleteTable(
  database: Database,
  input: sdk.DeleteTableCommandInput,
): Omit<sdk.DeleteTableCommandOutput, '$metadata'> {
  checkFields('DeleteTable', input, ['TableName']);
  const table = tableOf(database, input.TableName);
  if (table.settings.isProtected) {
    throw validationError(
      'Resource cannot be deleted as it is currently protected against deletion. ' +
        'Disable deletion protection first.',
    );
  }
  database.drop(table.name);
  return { TableDescription: describe(table, 'DELETING') };
}

export function listTables(
  database: Database,
  input: sdk.ListTablesCommandInput,
): Omit<sdk.ListTablesCommandOutput, '$metadata'> {
  checkFields('ListTables', input, ['ExclusiveStartTableName', 'Limit']);
  const { ExclusiveStartTableName: start, Limit: limit = namesMax } = input;
  const constraints = new Constraints();
  if (start !== undefined) constraints.name(start, 'exclusiveStartTableName');
  constraints.range(limit, 'limit', 1, namesMax).check();
  const names = database.tableNames().filter((name) => start === undefined || name > start);
  const TableNames = names.slice(0, limit);
  const last = TableNames.at(-1);
  return {
    TableNames,
    ...(names.length > limit && last !== undefined && { LastEvaluatedTableName: last }),
  };
}
