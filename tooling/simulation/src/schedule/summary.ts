import type { AttributeValue, DynamoOperation, Item } from '@x/dynamo-core';

const textMax = 120;

/** One request as a trace shows it: the operation, the row, and what it writes. */
export function summarizeRequest(operation: DynamoOperation, input: object): string {
  const fields = input as {
    readonly TableName?: string;
    readonly Key?: Item;
    readonly Item?: Item;
    readonly UpdateExpression?: string;
    readonly ConditionExpression?: string;
    readonly RequestItems?: object;
    readonly TransactItems?: readonly object[];
    readonly ExpressionAttributeValues?: Item;
    readonly ExpressionAttributeNames?: Record<string, string>;
  };
  const fill = (expression: string | undefined): string =>
    (expression ?? '')
      .replace(/:\w+/g, (name) => showValue(fields.ExpressionAttributeValues?.[name]))
      .replace(/#\w+/g, (name) => fields.ExpressionAttributeNames?.[name] ?? name);
  const condition = fields.ConditionExpression && `IF ${fill(fields.ConditionExpression)}`;
  const parts = [
    operation,
    fields.TableName,
    fields.Key && showItem(fields.Key),
    fields.Item && showItem(fields.Item),
    fill(fields.UpdateExpression),
    fields.RequestItems && JSON.stringify(fields.RequestItems),
    fields.TransactItems && JSON.stringify(fields.TransactItems),
    condition,
  ];
  return parts.filter(Boolean).join(' ');
}

/** An answer as a trace shows it. */
export function summarizeAnswer(answer: object): string {
  const {
    Attributes,
    Item: item,
    Items,
  } = answer as {
    readonly Attributes?: Item;
    readonly Item?: Item;
    readonly Items?: readonly Item[];
  };
  if (Attributes !== undefined) return `ok ${showItem(Attributes)}`;
  if (item !== undefined) return `ok ${showItem(item)}`;
  if (Items !== undefined) return `ok, ${Items.length} rows`;
  return 'ok';
}

/** An error as a trace shows it, with the row that the condition saw when it came along. */
export function summarizeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { Item: item } = error as { readonly Item?: Item };
  return item === undefined ? error.name : `${error.name} ${showItem(item)}`;
}

function showItem(item: Item): string {
  const fields = Object.entries(item).map(([name, value]) => `${name}=${showValue(value)}`);
  return shorten(`{${fields.join(' ')}}`);
}

function showValue(value: AttributeValue | undefined): string {
  if (value === undefined) return '?';
  const [type = '', content] = Object.entries(value)[0] ?? [];
  const plain = typeof content === 'string' || typeof content === 'boolean';
  return plain ? String(content) : `${type}${JSON.stringify(content)}`;
}

function shorten(text: string): string {
  return text.length > textMax ? `${text.slice(0, textMax - 1)}…` : text;
}
