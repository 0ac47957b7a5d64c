import type * as sdk from '@aws-sdk/client-dynamodb';

import { checkFields } from '../check-fields.js';
import { Constraints } from '../constraints.js';
import { ServiceError, validationError } from '../service-errors.js';
import { wrongKind } from '../wrong-kind.js';
import type { Database } from '../store/database.js';
import type { Table } from '../store/table.js';
import { tableNameOf } from './describe-table.js';

const tagsMax = 50;

export function tagResource(
  database: Database,
  input: sdk.TagResourceCommandInput,
): Record<string, never> {
  checkFields('TagResource', input, ['ResourceArn', 'Tags']);
  const { Tags: tags = [] } = input;
  const table = taggedTable(database, input.ResourceArn);
  if (tags.length === 0) throw validationError('Atleast one Tag needs to be provided as Input.');
  tagConstraints(new Constraints(), tags).check();
  const merged = new Map(table.tags.map(({ Key, Value }) => [Key, Value]));
  for (const { Key, Value } of tags) merged.set(Key, Value);
  if (merged.size > tagsMax) {
    throw new ServiceError('LimitExceededException', 'Too many tags: a table has at most 50');
  }
  table.tags = [...merged].map(([Key, Value]) => ({ Key, Value }));
  return {};
}

/** The constraints on tags, of a table that is made or that there is. */
export function tagConstraints(
  constraints: Constraints,
  tags: readonly sdk.Tag[] = [],
): Constraints {
  tags.forEach(({ Key: key, Value: value }, at) => {
    const path = `tags.${at + 1}.member`;
    for (const part of [key, value]) {
      if (part !== undefined && typeof part !== 'string') throw wrongKind('string', part);
    }
    constraints
      .present(key, `${path}.key`)
      .length(key, `${path}.key`, 1, 128)
      .present(value, `${path}.value`)
      .length(value, `${path}.value`, 0, 256);
  });
  return constraints;
}

export function untagResource(
  database: Database,
  input: sdk.UntagResourceCommandInput,
): Record<string, never> {
  checkFields('UntagResource', input, ['ResourceArn', 'TagKeys']);
  const { TagKeys: keys = [] } = input;
  const table = taggedTable(database, input.ResourceArn);
  if (keys.length === 0) {
    throw validationError('Atleast one Tag Key needs to be provided as Input.');
  }
  table.tags = table.tags.filter(({ Key: key }) => !keys.includes(key as string));
  return {};
}

export function listTagsOfResource(
  database: Database,
  input: sdk.ListTagsOfResourceCommandInput,
): Omit<sdk.ListTagsOfResourceCommandOutput, '$metadata'> {
  checkFields('ListTagsOfResource', input, ['ResourceArn', 'NextToken']);
  const name = checkArn(input.ResourceArn);
  const table = database.find(name);
  if (!table) {
    // DynamoDB does not say whether there is a table that one may not ask about.
    throw new ServiceError(
      'AccessDeniedException',
      'User: arn:aws:iam::000000000000:root is not authorized to perform: ' +
        `dynamodb:ListTagsOfResource on resource: ${input.ResourceArn}`,
    );
  }
  return { Tags: table.tags.map((tag) => ({ ...tag })) };
}

function taggedTable(database: Database, arn: string | undefined): Table {
  const table = database.find(checkArn(arn));
  if (table) return table;
  throw new ServiceError(
    'ResourceNotFoundException',
    `Requested resource not found: ResourcArn: ${arn} not found`,
  );
}

function checkArn(arn: string | undefined): string {
  if (!arn) throw validationError('Invalid TableArn');
  const name = tableNameOf(arn);
  if (name !== undefined) return name;
  throw validationError(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`);
}
