import { serializationError } from './service-errors.js';

/** What a member of a request may be, by DynamoDB's model. */
export type Kind = 'string' | 'number' | 'boolean' | 'list' | 'map';

/** What a member of a request is. */
export function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  if (typeof value === 'string' || typeof value === 'boolean') {
    return typeof value as 'string' | 'boolean';
  }
  return 'map';
}

const javaTypes: Readonly<Record<Kind, string>> = {
  string: 'class java.lang.String',
  number: 'class java.lang.Integer',
  boolean: 'class java.lang.Boolean',
  list: 'class java.util.List',
  map: 'java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>',
};

/**
 * The error of DynamoDB's parser for a member of another kind than its model has.
 *
 * @param javaType The member's type there, if it is not the one of its kind.
 */
export function wrongKind(kind: Kind, value: unknown, javaType?: string): Error {
  return serializationError(problemOf(kind, value, javaType));
}

function problemOf(kind: Kind, value: unknown, javaType?: string): string {
  const given = kindOf(value);
  if (given === 'list') {
    return `Unrecognized collection type ${javaType ?? javaTypes[kind]}`;
  }
  if (kind === 'map' || (kind === 'list' && given !== 'map')) return 'Unexpected field type';
  if (given === 'map') return 'Start of structure or map found where not expected';
  if (kind === 'boolean') return 'Unexpected token received from parser';
  const token = { string: 'STRING', number: 'NUMBER', boolean: String(value).toUpperCase() }[given];
  const type = (javaType ?? javaTypes[kind]).split('.').at(-1);
  return `${token}_VALUE cannot be converted to ${type}`;
}

/** The parser's error for an element, or an attribute, that is no structure. */
export function noStructure(): Error {
  return serializationError('Unexpected value type in payload');
}
