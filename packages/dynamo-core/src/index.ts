export { N, S, numberOf, stringOf, type AttributeValue, type Item } from './attribute-value.js';
export { systemClock, type Clock, type SleepOptions } from './clock.js';
export {
  ConflictError,
  DynamoPrimitiveError,
  InvalidInputError,
  ItemTooLargeError,
  UnreadableRowError,
} from './errors.js';
export { systemRandom, type Random } from './random.js';
export {
  toTransport,
  type CallOptions,
  type Dynamo,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
  type SdkClient,
} from './transport.js';
