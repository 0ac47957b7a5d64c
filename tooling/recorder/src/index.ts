import type {
  CallOptions,
  Dynamo,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
} from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';

/** One request, as it was given to the transport: above the SDK's retries. */
export interface RecordedRequest<O extends DynamoOperation = DynamoOperation> {
  readonly operation: O;
  readonly input: DynamoInput<O>;
  /**
   * The capacity units that the engine billed, when they were asked for. A request that failed says
   * nothing about them.
   */
  readonly units: number | undefined;
  /** The name of the error that answered it. */
  readonly refusal: string | undefined;
}

/** How many capacity units a list of requests took. */
interface ConsumedUnits {
  readonly read: number;
  readonly write: number;
}

/** A transport that remembers what went through it. */
export interface RecordedTransport extends DynamoTransport {
  readonly requests: readonly RecordedRequest[];
  /** The sum of the capacity units of `requests`. */
  readonly units: ConsumedUnits;
  /** How many requests are under way. */
  readonly inFlight: number;
  /** Forgets what went through so far. */
  clear(): void;
}

/** What is recorded. */
export interface RecordedOptions {
  /**
   * Asks for the consumed capacity with every request. The recorded inputs stay as they were given.
   *
   * @default false
   */
  readonly capacity?: boolean | undefined;
}

const readOperations = new Set<DynamoOperation>(['GetItem', 'Query', 'Scan', 'BatchGetItem']);
const tableOperations = new Set<DynamoOperation>([
  'CreateTable',
  'DescribeTable',
  'UpdateTimeToLive',
]);

/** Records the requests that go to `dynamo`, in the order in which they were sent. */
export function recorded(
  dynamo: Dynamo,
  { capacity = false }: RecordedOptions = {},
): RecordedTransport {
  const transport = toTransport(dynamo);
  let requests: { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] }[] = [];
  let inFlight = 0;

  function sumUnits(operations: (operation: DynamoOperation) => boolean): number {
    const counted = requests.filter(({ operation }) => operations(operation));
    return counted.reduce((sum, { units = 0 }) => sum + units, 0);
  }

  return {
    get requests() {
      return requests;
    },
    get units() {
      return {
        read: sumUnits((operation) => readOperations.has(operation)),
        write: sumUnits((operation) => !readOperations.has(operation)),
      };
    },
    get inFlight() {
      return inFlight;
    },
    clear: () => {
      requests = [];
    },
    async call<O extends DynamoOperation>(
      operation: O,
      input: DynamoInput<O>,
      options?: CallOptions,
    ): Promise<DynamoOutput<O>> {
      // A copy: the caller may change its own object for the next request.
      const request = {
        operation,
        input: structuredClone(input),
        units: undefined as number | undefined,
        refusal: undefined as string | undefined,
      };
      requests.push(request);
      inFlight += 1;
      try {
        const ask = capacity && !tableOperations.has(operation);
        const sent = ask ? { ...input, ReturnConsumedCapacity: 'TOTAL' } : input;
        const output = await transport.call(operation, sent, options);
        request.units = unitsOf(output);
        return output;
      } catch (error) {
        request.refusal = error instanceof Error ? error.name : 'failed';
        throw error;
      } finally {
        inFlight -= 1;
      }
    },
  };
}

type Consumed = { readonly CapacityUnits?: number };

/** One request on one table reports an object, a batch or a transaction one per table. */
function unitsOf(output: object): number | undefined {
  const { ConsumedCapacity: consumed } = output as {
    readonly ConsumedCapacity?: Consumed | readonly Consumed[];
  };
  if (consumed === undefined) return undefined;
  const perTable: readonly Consumed[] = Array.isArray(consumed) ? consumed : [consumed];
  return perTable.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}
