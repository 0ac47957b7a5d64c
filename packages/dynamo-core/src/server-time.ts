import {
  systemClock,
  type Clock,
  type ClockOffset,
  type DynamoClock,
  type Instant,
  type LearntTime,
} from './clock.js';
import type { AnswerMetadata, DynamoTransport } from './transport.js';

interface Known extends ClockOffset {
  readonly at: Instant;
  /** The machine's wall clock less its monotonic one: it changes when the clock is set. */
  readonly gapMs: number;
}

/** `Date` is cut to whole seconds, and may have been cached for another one. */
const headerMs = 2_000;

/** How far the two clocks may drift apart, of the time since the last answer. */
const driftMax = 200e-6;

/** A clock that moved by this against the monotonic one was set, or the machine was suspended. */
const stepMs = 1_000;

/**
 * What DynamoDB's answers say of one machine's clock. Each answer bounds the difference; together
 * they bound it closer. The clock object keeps it, so that all that use the clock know it.
 */
export class ServerBounds implements LearntTime {
  #known: Known | undefined;
  /** Whether monitoring has been told of this clock. */
  isReported = false;

  /** What is known now, wider for each second without an answer; `undefined` for nothing. */
  of(machine: Clock): Known | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    const now = instantOf(machine);
    if (Math.abs(gapOf(now) - known.gapMs) >= stepMs) {
      this.#known = undefined;
      this.isReported = false;
      return undefined;
    }
    const width = driftMax * (now.monotonicMs - known.at.monotonicMs);
    return { ...known, earliest: known.earliest - width, latest: known.latest + width };
  }

  /** Learns from the answer to an attempt that began `delayMs` after `start`. */
  learn(machine: Clock, serverTimeMs: number, start: Instant, delayMs = 0): void {
    const at = instantOf(machine);
    const known = this.of(machine);
    if (Number.isNaN(serverTimeMs)) return;
    // By the wall clock where the machine was suspended meanwhile: its monotonic clock stood still.
    const tookMs = Math.max(at.monotonicMs - start.monotonicMs, at.wallMs - start.wallMs) - delayMs;
    const earliest = serverTimeMs - at.wallMs;
    const alone = { earliest, latest: earliest + headerMs + tookMs, at, gapMs: gapOf(at) };
    this.#known = known ? intersected(known, alone) : alone;
  }
}

/** The moment that it is. */
export function instantOf(clock: Clock): Instant {
  return { wallMs: clock.now(), monotonicMs: clock.monotonic() };
}

/** An answer that contradicts what was known counts alone. */
function intersected(known: Known, answer: Known): Known {
  const earliest = Math.max(known.earliest, answer.earliest);
  const latest = Math.min(known.latest, answer.latest);
  if (earliest > latest) return answer;
  // The two clocks of a machine may drift apart, too. That is no step.
  const drift = driftMax * (answer.at.monotonicMs - known.at.monotonicMs);
  const gapMs = Math.min(Math.max(answer.gapMs, known.gapMs - drift), known.gapMs + drift);
  return { ...answer, earliest, latest, gapMs };
}

function gapOf({ wallMs, monotonicMs }: Instant): number {
  return wallMs - monotonicMs;
}

/** What a connection learns, and the transport that it learns from. */
interface Learning {
  readonly transport: DynamoTransport;
  readonly known: () => ClockOffset | undefined;
}

/**
 * A transport whose answers say how far a machine's clock is off: those of AWS's own hosts, or of
 * `all`. What is known corrects the `clock`.
 */
export function learning(
  transport: DynamoTransport,
  clock: DynamoClock,
  all: boolean,
  logger: { warn(message: string): void } | undefined,
): Learning {
  const { machine } = clock;
  const bounds = machine.serverBounds ?? new ServerBounds();
  // What one connection learns of the machine's own clock, the process knows.
  if (machine === systemClock) systemClock.serverBounds = bounds;
  let isTrusted = true;
  const learn = (metadata: AnswerMetadata | undefined, start: Instant): void => {
    const { serverTimeMs, serverHost, attemptDelayMs } = metadata ?? {};
    if (serverTimeMs === undefined) return;
    isTrusted = all || isAwsHost(serverHost);
    if (!isTrusted) return;
    bounds.learn(machine, serverTimeMs, start, attemptDelayMs);
    const { earliest, latest } = clock.offsetMs();
    if (logger === undefined || bounds.isReported || latest === 0) return;
    bounds.isReported = true;
    logger.warn(differenceOf((earliest + latest) / 2));
  };
  const known = (): ClockOffset | undefined => (isTrusted ? bounds.of(machine) : undefined);
  return { transport: telling(transport, machine, learn), known };
}

type Learn = (metadata: AnswerMetadata | undefined, start: Instant) => void;

function telling(transport: DynamoTransport, machine: Clock, learn: Learn): DynamoTransport {
  return {
    usesSockets: transport.usesSockets,
    async call(operation, input, options) {
      const start = instantOf(machine);
      const rebuild = options?.rebuild;
      const rebuilding = rebuild && {
        ...options,
        rebuild: (refusal?: AnswerMetadata) => {
          learn(refusal, start);
          return rebuild(refusal);
        },
      };
      try {
        const output = await transport.call(operation, input, rebuilding ?? options);
        learn(metadataOf(output), start);
        return output;
      } catch (error) {
        learn(metadataOf(error), start);
        throw error;
      }
    },
  };
}

function metadataOf(answer: unknown): AnswerMetadata | undefined {
  return (answer as { readonly $metadata?: AnswerMetadata } | null | undefined)?.$metadata;
}

/** DynamoDB's own hosts: with an account's id, private, for two protocols, in each partition. */
const awsHost =
  /(^|\.)(dynamodb|ddb)(-fips)?\.[\w.-]+\.(amazonaws\.(com(\.cn)?|eu)|api\.(aws(\.scloud)?|amazonwebservices\.(com\.cn|eu))|(ic|sgov)\.gov|adc-e\.uk)$/;

/** Whether a host is DynamoDB itself, and no emulator. */
export function isAwsHost(host: string | undefined): boolean {
  return host !== undefined && awsHost.test(host);
}

function differenceOf(offsetMs: number): string {
  const seconds = Math.abs(offsetMs / 1_000).toFixed(1);
  const way = offsetMs > 0 ? 'behind' : 'ahead of';
  return `The clock of this machine is about ${seconds} s ${way} DynamoDB's, whose time is used instead`;
}
