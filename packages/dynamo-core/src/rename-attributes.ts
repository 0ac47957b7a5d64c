import type { DynamoTransport } from './transport.js';
import { isConditionalCheckFailed } from './errors.js';

type Shape = Readonly<Record<string, unknown>>;
/** From one name of an attribute to another; to `undefined` for what is left out. */
type Names = ReadonlyMap<string, string | undefined>;

/** See `renamed`. `differing` are pairs of our name and the table's. */
export function renaming(
  transport: DynamoTransport,
  tableName: string,
  differing: readonly (readonly [ours: string, theirs: string])[],
): DynamoTransport {
  const toTable: Names = new Map(differing);
  // What has one of our names in the table is another thing there: it is not shown to us.
  const toUs: Names = new Map([
    ...differing.map(([ours]) => [ours, undefined] as const),
    ...differing.map(([ours, theirs]) => [theirs, ours] as const),
  ]);
  return {
    ...transport,
    call: async (operation, input, { signal, rebuild } = {}) => {
      const sent = (built: typeof input): typeof input =>
        translated(built, toTable, tableName) as never;
      try {
        const again =
          rebuild && ((refusal: Parameters<typeof rebuild>[0]) => sent(rebuild(refusal)));
        const output = await transport.call(operation, sent(input), { signal, rebuild: again });
        return translated(output, toUs, tableName) as never;
      } catch (error) {
        renameRefusal(error, input, toUs, tableName);
        throw error;
      }
    },
  };
}

/** The rows of the table that a refusal shows. The error stays the SDK's own. */
function renameRefusal(error: unknown, input: object, names: Names, tableName: string): void {
  const { CancellationReasons: reasons = [] } = Object(error) as { CancellationReasons?: object[] };
  const { TransactItems: items = [] } = input as { TransactItems?: Shape[] };
  const ours = reasons.filter((_, index) => isOf(tableName, items[index]));
  const shown: object[] = isConditionalCheckFailed(error) ? [error] : ours;
  for (const part of shown as { Item?: Shape | undefined }[]) {
    if (part.Item !== undefined) part.Item = attributes(part.Item, names);
  }
}

/** Whether an item of a transaction is about the table. */
function isOf(tableName: string, item: Shape | undefined): boolean {
  const [request] = Object.values(item ?? {}) as { TableName?: string }[];
  return request?.TableName === tableName;
}

function translated(shape: object, names: Names, tableName: string): Shape {
  const added: Record<string, string> = {};
  const parts = Object.entries<unknown>(shape as Shape).map(([field, value]) => [
    field,
    value === undefined || value === null ? value : part(field, value, names, { tableName, added }),
  ]);
  const result = Object.fromEntries(parts) as Record<string, unknown>;
  if (Object.keys(added).length > 0) {
    const given = result['ExpressionAttributeNames'] as Shape | undefined;
    result['ExpressionAttributeNames'] = { ...given, ...added };
  }
  return result;
}

function part(
  field: string,
  value: unknown,
  names: Names,
  { tableName, added }: { tableName: string; added: Record<string, string> },
): unknown {
  // `ExclusiveStartKey` and `LastEvaluatedKey`, too.
  if (/^Item$|^Attributes$|Key$/.test(field)) return attributes(value as Shape, names);
  switch (field) {
    case 'Keys':
    case 'Items':
      return (value as Shape[]).map((item) => attributes(item, names));
    case 'ExpressionAttributeNames':
      return mapValues(value as Shape, (name) => names.get(name as string) ?? name);
    case 'Responses':
      return mapValues(value as Shape, (rows) =>
        (rows as Shape[]).map((row) => attributes(row, names)),
      );
    case 'RequestItems':
    case 'UnprocessedItems':
    case 'UnprocessedKeys':
      return mapValues(value as Shape, (asked) =>
        Array.isArray(asked)
          ? asked.map((one: Shape) => inner(one, names, tableName))
          : translated(asked as Shape, names, tableName),
      );
    case 'TransactItems':
      return (value as Shape[]).map((item) =>
        isOf(tableName, item) ? inner(item, names, tableName) : item,
      );
    default:
      return field.endsWith('Expression') ? expression(value as string, names, added) : value;
  }
}

/** `{ Put: … }`, `{ DeleteRequest: … }` */
function inner(item: Shape, names: Names, tableName: string): Shape {
  return mapValues(item, (request) => translated(request as Shape, names, tableName));
}

function attributes(item: Shape, names: Names): Shape {
  const entries = Object.entries(item).flatMap(([name, value]) => {
    const target = names.has(name) ? names.get(name) : name;
    return target === undefined ? [] : [[target, value] as const];
  });
  return Object.fromEntries(entries);
}

/** Names that stand in an expression as they are become placeholders: others may be reserved. */
function expression(text: string, names: Names, added: Record<string, string>): string {
  return text.replace(/(?<![:#.\w])[A-Za-z_]\w*/g, (word) => {
    const name = names.get(word);
    if (name === undefined) return word;
    added[`#renamed_${word}`] = name;
    return `#renamed_${word}`;
  });
}

function mapValues(shape: Shape, map: (value: unknown) => unknown): Shape {
  return Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, map(value)]));
}
