import { InvalidInputError } from './errors.js';
import type { DynamoTransport, SdkClient } from './transport.js';

const allowed = 'a transport: this bundle was made without the SDK (condition x-no-sdk)';

/** Takes the place of `sdk-transport.ts` in a bundle of somebody who brings another transport. */
export function sdkTransport(given: SdkClient | undefined): DynamoTransport {
  throw new InvalidInputError('dynamo', given, allowed);
}
