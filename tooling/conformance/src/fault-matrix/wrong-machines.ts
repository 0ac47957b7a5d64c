import type {
  AnswerMetadata,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  RequestOptions,
} from '@x/dynamo-core';
import { instantOf, ServerBounds } from '@x/dynamo-core/mechanism';
import { ManualClock } from '@x/dynamo-testing';

import type { RecordedTransport } from '@x/recorder';

/** A machine whose clock is off, and whether an answer has told it so before. */
export interface WrongMachine {
  readonly offsetMs: number;
  readonly knows: boolean;
}

const dayMs = 86_400_000;

/**
 * The machines that every case is tried on. A clock that is minutes off counts until the first answer;
 * one that is days off has its first request refused.
 */
export const wrongMachines: Readonly<Record<string, WrongMachine>> = {
  'two days behind': { offsetMs: -2 * dayMs, knows: false },
  'two days ahead': { offsetMs: 2 * dayMs, knows: false },
  'four minutes behind, as it knows': { offsetMs: -240_000, knows: true },
  'four minutes ahead, as it knows': { offsetMs: 240_000, knows: true },
};

/** The clock of such a machine, when it is `nowMs`. */
export function clockOf({ offsetMs, knows }: WrongMachine, nowMs: number): ManualClock {
  const clock = new ManualClock({ nowMs: nowMs + offsetMs });
  const serverBounds = new ServerBounds();
  if (knows) serverBounds.learn(clock, nowMs, instantOf(clock));
  return Object.assign(clock, { serverBounds });
}

/** The network of such a machine: it refuses signatures of another time, and tells what time it is. */
export function toldTheTime(
  transport: RecordedTransport,
  clock: ManualClock,
  { offsetMs, knows }: WrongMachine,
): RecordedTransport {
  // The SDK corrects the time of its signatures after the first refusal.
  let isSigned = knows;
  const metadata = (): AnswerMetadata => ({ serverTimeMs: clock.now() - offsetMs });
  return Object.create(transport, {
    call: {
      value: async <O extends DynamoOperation>(
        operation: O,
        input: DynamoInput<O>,
        options?: RequestOptions<O>,
      ): Promise<DynamoOutput<O>> => {
        const sent = isSigned ? input : (options?.rebuild?.(metadata()) ?? input);
        isSigned = true;
        try {
          return telling({ ...(await transport.call(operation, sent, options)) }, metadata());
        } catch (error) {
          throw telling(error as Error, metadata());
        }
      },
    },
  }) as RecordedTransport;
}

function telling<T extends object>(answer: T, value: AnswerMetadata): T {
  return Object.defineProperty(answer, '$metadata', { value, configurable: true });
}
