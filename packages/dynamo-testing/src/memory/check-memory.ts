import { InvalidInputError, type DynamoTransport } from '@x/dynamo-core';
import { hasMethods } from '@x/dynamo-core/mechanism';

/** Throws unless it is what answers: a client of the SDK, for one, is not. */
export function checkMemory(memory: DynamoTransport): void {
  if (hasMethods(memory, 'call')) return;
  throw new InvalidInputError('memory', memory, 'a MemoryDynamo, or a chaos around one');
}
