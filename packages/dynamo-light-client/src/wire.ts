type Json = Record<string, unknown>;

/** An input as the text to send. Bytes become base64. */
export function toBody(input: object): string {
  return JSON.stringify(hasBytes(input) ? textOfBytes(input) : input);
}

/** The text of an answer as an output, or as the fields of an error. Throws for what cannot be either. */
export function fromBody(text: string): Json {
  try {
    return revived(text);
  } catch {
    // What the parser says shows a part of the text, which may hold values.
    throw new SyntaxError("The answer cannot be read as DynamoDB's");
  }
}

function revived(text: string): Json {
  const output = JSON.parse(text) as Json;
  if (Object(output) !== output || Array.isArray(output)) throw new TypeError();
  // A look for the names first: most answers hold no bytes, and no dates.
  if (/"BS?"\s*:/.test(text)) reviveRows(output);
  if (text.includes('DateTime"')) reviveDates(output);
  return output;
}

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value)) return true;
  if (Array.isArray(value)) return value.some(hasBytes);
  for (const name in value) if (hasBytes((value as Json)[name])) return true;
  return false;
}

function textOfBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return base64Of(value);
  if (Array.isArray(value)) return value.map(textOfBytes);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, textOfBytes(part)]));
}

function base64Of({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

interface Attribute {
  B?: unknown;
  BS?: unknown[];
  L?: Attribute[];
  M?: Row;
}
type Row = Record<string, Attribute>;

function reviveRow(row: Row | undefined): void {
  for (const name in row) reviveAttribute(row[name] as Attribute);
}

function reviveAttribute(value: Attribute): void {
  if (typeof value.B === 'string') value.B = bytesOf(value.B);
  else if (value.BS !== undefined) value.BS = value.BS.map((text) => bytesOf(text as string));
  else if (value.L !== undefined) value.L.forEach(reviveAttribute);
  else if (value.M !== undefined) reviveRow(value.M);
}

function bytesOf(text: string): Uint8Array {
  // A copy: small Buffers share one block of memory.
  return new Uint8Array(Buffer.from(text, 'base64'));
}

interface Output {
  Item?: Row;
  Attributes?: Row;
  LastEvaluatedKey?: Row;
  Items?: Row[];
  Responses?: Record<string, Row[]>;
  UnprocessedKeys?: Record<string, { Keys?: Row[] }>;
  UnprocessedItems?: Record<
    string,
    { PutRequest?: { Item?: Row }; DeleteRequest?: { Key?: Row } }[]
  >;
  ItemCollectionMetrics?: Collection | Record<string, Collection[]>;
  CancellationReasons?: { Item?: Row }[];
}
interface Collection {
  ItemCollectionKey?: Row;
}

function reviveRows(output: Output): void {
  for (const row of [output.Item, output.Attributes, output.LastEvaluatedKey]) reviveRow(row);
  output.Items?.forEach(reviveRow);
  for (const rows of Object.values(output.Responses ?? {})) rows.forEach(reviveRow);
  for (const { Keys } of Object.values(output.UnprocessedKeys ?? {})) Keys?.forEach(reviveRow);
  for (const change of Object.values(output.UnprocessedItems ?? {}).flat()) {
    reviveRow(change.PutRequest?.Item);
    reviveRow(change.DeleteRequest?.Key);
  }
  for (const collection of collectionsOf(output)) reviveRow(collection.ItemCollectionKey);
  for (const { Item } of output.CancellationReasons ?? []) reviveRow(Item);
}

/** One of a write, several by table of a batch or a transaction. */
function collectionsOf({ ItemCollectionMetrics: metrics = {} }: Output): Collection[] {
  if ('ItemCollectionKey' in metrics) return [metrics];
  return Object.values(metrics as Record<string, unknown>).flatMap((one) =>
    Array.isArray(one) ? (one as Collection[]) : [],
  );
}

/** Dates travel as seconds, in descriptions of tables only. */
function reviveDates(output: Json): void {
  for (const root of ['Table', 'TableDescription']) {
    if (root in output) reviveDatesOf(output[root] as Json);
  }
}

function reviveDatesOf(value: Json): void {
  for (const [name, part] of Object.entries(value)) {
    if (typeof part === 'number' && name.endsWith('DateTime')) value[name] = new Date(part * 1000);
    else if (typeof part === 'object' && part !== null) reviveDatesOf(part as Json);
  }
}
