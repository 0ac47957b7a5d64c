import { partitionedKeysTable } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';

/** A table of its own, in memory. */
export function memoryTable(): { dynamo: MemoryDynamo; tableName: string } {
  const dynamo = new MemoryDynamo();
  return { dynamo, tableName: dynamo.createTable(partitionedKeysTable, 'answers') };
}

/** What a server answered. */
export interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Posts nothing, with an `Idempotency-Key`. */
export async function post(url: string, key = 'a'): Promise<Said> {
  const headers = { 'idempotency-key': key };
  const response = await fetch(url, { method: 'POST', headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
