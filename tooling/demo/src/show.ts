import type { DynamoTransport, Item } from '@x/dynamo-core';

import type { Printer } from './printer.js';
import type { RequestRecorder } from './request-recorder.js';
import { codeAt } from './source-code.js';

/** What a step of the tour does its work through. */
export interface Show {
  /** Runs `action`; prints its code, what it sent and what it returned. Resolves to the latter. */
  <T>(action: () => T | Promise<T>): Promise<T>;
  /** What the step's primitive gets as `dynamo`, so that its requests are seen. */
  readonly dynamo: DynamoTransport;
  /** Like a call of `show` itself, for an action that must throw: the step fails when it does not. */
  refused(action: () => unknown): Promise<Error>;
  /** Prints a row as it is stored. */
  row(tableName: string, key: Item): Promise<void>;
  /** Prints a remark. */
  note(text: string): void;
}

/** Makes the `show` of a step. Rows are read through `direct`, which records nothing. */
export function createShow(
  recorder: RequestRecorder,
  direct: DynamoTransport,
  printer: Printer,
): Show {
  const run = async <T>(action: () => T | Promise<T>): Promise<T> => {
    printer.code(codeAt(new Error('the caller of show'), 'show'));
    recorder.take();
    try {
      const value = await action();
      printer.requests(recorder.take());
      printer.result(value);
      return value;
    } finally {
      printer.line();
    }
  };
  const refused = async (action: () => unknown): Promise<Error> => {
    printer.code(codeAt(new Error('the caller of show.refused'), 'show.refused'));
    recorder.take();
    const error = await errorOf(action);
    printer.requests(recorder.take());
    printer.refusal(error);
    printer.line();
    return error;
  };
  const row = async (tableName: string, key: Item): Promise<void> => {
    const input = { TableName: tableName, Key: key, ConsistentRead: true };
    const { Item: item } = await direct.call('GetItem', input);
    printer.row(tableName, item && { ...key, ...sorted(item) });
    printer.line();
  };
  const note = (text: string): void => {
    printer.note(text);
    printer.line();
  };
  return Object.assign(run, { dynamo: recorder.transport, refused, row, note });
}

/** Engines return attributes in an order of their own; the tour looks the same every time. */
function sorted(item: Item): Item {
  return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function errorOf(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('Cannot show a refusal: the action went through');
}
