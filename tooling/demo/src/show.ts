import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoTransport, Item } from '@x/dynamo-core';
import type { RecordedTransport } from '@x/recorder';

import type { Printer } from './printer.js';
import { codeAt } from './source-code.js';

/** What a scene does its work through. */
export interface Show {
  /** Runs `action`; prints its code, what it returned and what it sent. Resolves to the former. */
  <T>(action: () => T | Promise<T>): Promise<T>;
  /** What the scene's primitive gets as `dynamo`, so that its requests are seen. */
  readonly dynamo: DynamoTransport;
  /** A client of the SDK, for what is sent past `dynamo`. */
  client(): DynamoDBClient;
  /** Where the engine listens. */
  readonly endpoint: string;
  /** Like a call of `show` itself, for an action that must throw: the scene fails when it does not. */
  refused(action: () => unknown): Promise<Error>;
  /** Prints a row as it is stored. */
  row(tableName: string, key: Item): Promise<void>;
  /** Prints a remark. */
  note(text: string): void;
}

/** What a `Show` stands on. Rows are read through `direct`, which records nothing. */
export interface ShowParts extends Pick<Show, 'client' | 'endpoint'> {
  readonly sent: RecordedTransport;
  readonly direct: DynamoTransport;
  readonly printer: Printer;
}

/** Makes the `show` of a scene. */
export function createShow({ sent, direct, printer, client, endpoint }: ShowParts): Show {
  const run = async <T>(action: () => T | Promise<T>): Promise<T> => {
    printer.code(codeAt(new Error('the caller of show'), 'show'));
    sent.clear();
    const value = await action();
    printer.result(value, sent.requests);
    return value;
  };
  const refused = async (action: () => unknown): Promise<Error> => {
    printer.code(codeAt(new Error('the caller of show.refused'), 'show.refused'));
    sent.clear();
    const error = await errorOf(action);
    printer.refusal(error, sent.requests);
    return error;
  };
  const row = async (tableName: string, key: Item): Promise<void> => {
    const input = { TableName: tableName, Key: key, ConsistentRead: true };
    const { Item: item } = await direct.call('GetItem', input);
    printer.row(tableName, item && { ...key, ...sorted(item) });
  };
  const note = (text: string): void => printer.note(text);
  return Object.assign(run, { dynamo: sent, client, endpoint, refused, row, note });
}

/** Engines return attributes in an order of their own; the demo looks the same every time. */
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
