import { checkItemSize, writeConditionally, type AttributeValue } from '@x/dynamo-core';

import { cutOf, doneOf, warn, type Call } from './call.js';
import type { Outcome } from './outcome.js';
import { recordOf } from './record.js';
import { completeRow, doneItem, markRow, type DoneWrite } from './requests.js';

/** Marks the action as done, with its result if that is to be stored. */
export async function complete<T>(call: Call, startedMs: number, response: T): Promise<Outcome<T>> {
  const write = doneOf(call, startedMs, call.rows.clock.now());
  let { result, resultNotStored } = await encodeResult(call, write, response);
  let overtaken: Overtaken | undefined;
  try {
    overtaken = await mark(call, { ...write, result });
  } catch (error) {
    if (result === undefined || !isInvalid(error)) throw error;
    // DynamoDB takes no such value. That must not leave the work unmarked.
    [result, resultNotStored] = [undefined, error];
    overtaken = await mark(call, write);
  }
  if (overtaken !== undefined) return overtaken;
  if (resultNotStored !== undefined) {
    warn(call, `Cannot store the result of "${call.row.label}"; it is done`, resultNotStored);
  }
  return { kind: 'acted', response, at: write.atMs, result, resultNotStored };
}

type Overtaken = Extract<Outcome<never>, { kind: 'done' }>;

/** Stores the mark. Answers with the other one, if another was first. */
async function mark(call: Call, write: DoneWrite): Promise<Overtaken | undefined> {
  const { rows, row } = call;
  const { cutMs } = cutOf(call);
  let input = completeRow(row, write, cutMs);
  let result = await writeConditionally(rows.transport, 'PutItem', input);
  if (result.outcome === 'refused' && result.item?.[row.dataName] === undefined) {
    // The claim is gone: cleared, or taken over and released. What is done is marked all the same.
    input = markRow(row, write, cutMs);
    result = await writeConditionally(rows.transport, 'PutItem', input, { mustExist: row.key });
  }
  if (result.outcome !== 'refused') return undefined;
  warn(call, `Cannot complete "${row.label}" first: another has; both have acted`, undefined);
  return { kind: 'done', record: recordOf(result.item, row.dataName), overtaken: true };
}

interface EncodedResult {
  readonly result: AttributeValue | undefined;
  readonly resultNotStored: Error | undefined;
}

async function encodeResult(
  { row, settings: { codec } }: Call,
  write: DoneWrite,
  response: unknown,
): Promise<EncodedResult> {
  if (codec === undefined || response === undefined) {
    return { result: undefined, resultNotStored: undefined };
  }
  try {
    const result = await codec.encode(response, row.label);
    checkItemSize(row.label, doneItem(row, { ...write, result }));
    return { result, resultNotStored: undefined };
  } catch (error) {
    return { result: undefined, resultNotStored: toError(error) };
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

function isInvalid(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ValidationException';
}
