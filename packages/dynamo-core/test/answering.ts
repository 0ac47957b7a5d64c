import type {
  CallOptions,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
} from '../src/transport.js';

/** A request as a transport got it. */
export interface Request {
  readonly operation: DynamoOperation;
  readonly input: object;
  readonly options: CallOptions | undefined;
}

/** What a transport of a few lines answers: the output, or an error that it throws. */
export type Answer = (request: Request, index: number) => object | Promise<object>;

/** A transport that answers by a function and remembers what it was asked. */
export class Answering implements DynamoTransport {
  readonly requests: Request[] = [];
  readonly #answer: Answer;

  constructor(answer: Answer = () => ({})) {
    this.#answer = answer;
  }

  get operations(): DynamoOperation[] {
    return this.requests.map(({ operation }) => operation);
  }

  async call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    options?: CallOptions,
  ): Promise<DynamoOutput<O>> {
    const request = { operation, input: structuredClone(input), options };
    this.requests.push(request);
    return (await this.#answer(request, this.requests.length - 1)) as DynamoOutput<O>;
  }
}

/** An error as the SDK throws it. */
export function sdkError(name: string, fields: object = {}): Error {
  return Object.assign(new Error(`${name}, as a test wants it`), { name, ...fields });
}
