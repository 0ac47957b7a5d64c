import type { DynamoTransport } from '@x/dynamo-core';

/** Tells errors that came from the table from all others. */
export class StoreErrors {
  readonly #errors = new WeakSet<WeakKey>();
  /** The transport, with its errors noted. */
  readonly transport: DynamoTransport;

  constructor(transport: DynamoTransport) {
    this.transport = {
      call: async (operation, input, options) => {
        try {
          return await transport.call(operation, input, options);
        } catch (error) {
          if (isObject(error)) this.#errors.add(error);
          throw error;
        }
      },
    };
  }

  /** Whether a request failed with this error. */
  has(error: unknown): boolean {
    return isObject(error) && this.#errors.has(error);
  }
}

function isObject(error: unknown): error is object {
  return typeof error === 'object' && error !== null;
}
