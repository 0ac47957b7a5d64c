import type { DynamoInput, DynamoOperation, DynamoTransport } from '@x/dynamo-core';

import { askingForCost, unitsIn, type RecordedRequest } from './recorded-request.js';

/** A transport that remembers what went through it, and its cost, until it is asked. */
export class RequestRecorder {
  readonly transport: DynamoTransport;
  #requests: RecordedRequest[] = [];

  constructor(inner: DynamoTransport) {
    this.transport = {
      call: async (operation, input, options) => {
        try {
          const output = await inner.call(operation, askingForCost(operation, input), options);
          this.#record(operation, input, unitsIn(output), undefined);
          return output;
        } catch (error) {
          this.#record(operation, input, undefined, error instanceof Error ? error.name : 'failed');
          throw error;
        }
      },
    };
  }

  /** The requests since the last time. */
  take(): readonly RecordedRequest[] {
    const taken = this.#requests;
    this.#requests = [];
    return taken;
  }

  #record<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    units: number | undefined,
    refusal: string | undefined,
  ): void {
    this.#requests.push({ operation, input: { ...input }, units, refusal });
  }
}
