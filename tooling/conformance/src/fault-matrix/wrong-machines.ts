import type {
  AnswerMetadata,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
} from '@x/dynamo-core';
import { instantOf, ServerBounds } from '@x/dynamo-core/mechanism';
import { ManualClock } from '@x/dynamo-testing';

/** A machine whose clock is wrong: what answers have told it before, and what happens to it. */
export interface WrongMachine {
  readonly offsetMs: number;
  /** How late the answer came that has told it so before; `undefined` where none has. */
  readonly toldLateMs?: number;
  /** By how much its clock is set before the run, or while the first request of the run is under way. */
  readonly setBeforeMs?: number;
  readonly setMeanwhileMs?: number;
  /** How far off the clock is that decides the first request, where no answer has come before. */
  readonly firstMs?: number;
}

const fourMinutesMs = 240_000;
const dayMs = 86_400_000;
/** How old the header `Date` is at most: cached for a second, and cut to whole ones. */
const headerMs = 1_999;

/**
 * The machines that every case is tried on. A clock that is minutes off counts until the first answer;
 * one that is days off has its first request refused. An answer that comes late moves no right clock.
 */
export const wrongMachines = {
  'two days behind': { offsetMs: -2 * dayMs },
  'two days ahead': { offsetMs: 2 * dayMs },
  'four minutes behind, as it knows': { offsetMs: -fourMinutesMs, toldLateMs: 0 },
  'four minutes ahead, as it knows': { offsetMs: fourMinutesMs, toldLateMs: 0 },
  'four minutes ahead, as it knew, and set right': {
    offsetMs: fourMinutesMs - headerMs,
    toldLateMs: 0,
    setBeforeMs: -fourMinutesMs,
  },
  'right, by a late answer, and set back meanwhile': {
    offsetMs: -headerMs,
    toldLateMs: 3_000,
    setMeanwhileMs: -2 * dayMs,
  },
  'four minutes behind before the first answer': {
    offsetMs: -fourMinutesMs,
    firstMs: fourMinutesMs,
  },
  'four minutes ahead before the first answer': {
    offsetMs: fourMinutesMs,
    firstMs: fourMinutesMs,
  },
} as const satisfies Readonly<Record<string, WrongMachine>>;

export type WrongMachineName = keyof typeof wrongMachines;

/** The clock of such a machine, and its network, which refuses signatures of another time and tells what time it is. */
export interface Machine {
  readonly clock: ManualClock;
  readonly network: (transport: DynamoTransport) => DynamoTransport;
  /** The run begins: its clock is set now, or while the next request is under way. */
  begin(): void;
}

/** Such a machine, when the header says that it is `nowMs`. */
export async function machineOf(wrong: WrongMachine, nowMs: number): Promise<Machine> {
  const { offsetMs, toldLateMs, setBeforeMs = 0, setMeanwhileMs = 0 } = wrong;
  const startMs = nowMs + headerMs - (toldLateMs ?? 0);
  const serverBounds = new ServerBounds();
  const clock = Object.assign(new ManualClock({ nowMs: startMs + offsetMs }), { serverBounds });
  const answered = (): { serverTimeMs: number } => {
    const seconds = (startMs + clock.monotonic()) / 1_000;
    return { serverTimeMs: Math.floor(seconds - 1) * 1_000 };
  };
  if (toldLateMs !== undefined) {
    const { serverTimeMs } = answered();
    const sent = instantOf(clock);
    await clock.advance(toldLateMs);
    serverBounds.learn(clock, serverTimeMs, sent);
  }
  // The SDK corrects the time of its signatures after the first refusal.
  let isSigned = Math.abs(offsetMs) < dayMs;
  let setsMs = 0;
  const network = (transport: DynamoTransport): DynamoTransport => ({
    usesSockets: transport.usesSockets,
    async call<O extends DynamoOperation>(
      operation: O,
      input: DynamoInput<O>,
      options?: RequestOptions<O>,
    ): Promise<DynamoOutput<O>> {
      // A copy, as on a wire: what is sent stays as it was then.
      const sent = structuredClone(isSigned ? input : (options?.rebuild?.(answered()) ?? input));
      isSigned = Math.abs(setsMs) < dayMs;
      clock.jumpWall(setsMs);
      setsMs = 0;
      try {
        return telling({ ...(await transport.call(operation, sent, options)) }, answered());
      } catch (error) {
        throw telling(error as Error, answered());
      }
    },
  });
  const begin = (): void => {
    clock.jumpWall(setBeforeMs);
    setsMs = setMeanwhileMs;
  };
  return { clock, network, begin };
}

function telling<T extends object>(answer: T, value: AnswerMetadata): T {
  return Object.defineProperty(answer, '$metadata', { value, configurable: true });
}
