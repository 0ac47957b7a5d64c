import type { DynamoOperation } from '@x/dynamo-core';
import type { RecordedRequest } from '@x/recorder';

const reads: ReadonlySet<DynamoOperation> = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);

/** The cost in words: `1 write unit`, `0.5 read units`. */
export function costOf({ operation, units, refusal }: RecordedRequest): string {
  const kind = reads.has(operation) ? 'read' : 'write';
  if (refusal === 'ConditionalCheckFailedException') return 'refused';
  if (refusal !== undefined) return refusal;
  if (units === undefined) return '';
  return `${units} ${kind} unit${units === 1 ? '' : 's'}`;
}

/** The expressions with the names of the attributes put in, one a line: what the request does. */
export function expressionsOf({ operation, input: given }: RecordedRequest): string[] {
  const input: Readonly<Record<string, unknown>> = { ...given };
  const names = (input['ExpressionAttributeNames'] ?? {}) as Record<string, string>;
  const readable = (field: string): string | undefined => {
    const expression = input[field];
    if (typeof expression !== 'string') return undefined;
    return expression.replaceAll(/#\w+/g, (placeholder) => names[placeholder] ?? placeholder);
  };
  const lines: string[] = [];
  const add = (prefix: string, text: string | undefined): void => {
    if (text !== undefined) lines.push(`${prefix}${text}`);
  };
  for (const clause of readable('UpdateExpression')?.split(/ (?=(?:SET|REMOVE|ADD|DELETE) )/) ??
    []) {
    add('', clause);
  }
  add('WHERE ', readable('KeyConditionExpression'));
  add('FILTER ', readable('FilterExpression'));
  add('GET ', readable('ProjectionExpression'));
  add('IF ', readable('ConditionExpression'));
  if (operation.startsWith('Batch')) add('', batchSizeOf(input));
  if (input['ConsistentRead'] === true) lines.push('consistent read');
  return lines;
}

function batchSizeOf({ RequestItems }: Readonly<Record<string, unknown>>): string {
  const tables = Object.values(
    (RequestItems ?? {}) as Record<
      string,
      readonly unknown[] | { readonly Keys?: readonly unknown[] }
    >,
  );
  const rows = tables.map((entry) => ('Keys' in entry ? entry.Keys?.length : rowsOf(entry)) ?? 0);
  const count = rows.reduce((sum, length) => sum + length, 0);
  return `${count} row${count === 1 ? '' : 's'}`;
}

function rowsOf(entry: unknown): number {
  return Array.isArray(entry) ? entry.length : 0;
}
