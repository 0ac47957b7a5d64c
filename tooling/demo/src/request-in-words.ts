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

const clauses = [
  ['', 'UpdateExpression'],
  ['WHERE ', 'KeyConditionExpression'],
  ['FILTER ', 'FilterExpression'],
  ['GET ', 'ProjectionExpression'],
  ['IF ', 'ConditionExpression'],
] as const;

/** The fields of an input that are printed: a request has some of them. */
type Shown = Partial<Record<(typeof clauses)[number][1], string>> & {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ConsistentRead?: boolean;
  readonly RequestItems?: Readonly<Record<string, readonly unknown[] | { Keys: unknown[] }>>;
};

/** The expressions with the names of the attributes put in, one a line: what the request does. */
export function expressionsOf({ input }: RecordedRequest): string[] {
  const shown = input as Shown;
  const { ExpressionAttributeNames: names = {}, RequestItems } = shown;
  const lines = clauses.flatMap(([word, field]) => {
    const text = shown[field]?.replaceAll(
      /#\w+/g,
      (placeholder) => names[placeholder] ?? placeholder,
    );
    return text === undefined ? [] : `${word}${text}`.split(/ (?=(?:SET|REMOVE|ADD|DELETE) )/);
  });
  if (RequestItems !== undefined) {
    const rows = Object.values(RequestItems).flatMap((of) => ('Keys' in of ? of.Keys : of));
    lines.push(`${rows.length} row${rows.length === 1 ? '' : 's'}`);
  }
  return shown.ConsistentRead === true ? [...lines, 'consistent read'] : lines;
}
