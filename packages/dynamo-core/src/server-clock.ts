import { correctedBy, systemClock, uncorrected, type Clock, type DynamoClock } from './clock.js';
import { instantOf, type Instant } from './instant.js';
import type { Logger } from './monitoring.js';
import { ServerBounds } from './server-bounds.js';
import type { AnswerMetadata, DynamoTransport } from './transport.js';

/** Where a primitive gets its time from. */
export interface ClockOptions {
  /** @default the machine's clocks */
  readonly clock?: Clock | undefined;
  /**
   * Whether the time that DynamoDB's answers carry corrects the clock. `true` does it for every
   * server, and for a `clock` that is given, too; `false` never does. A clock that is not corrected
   * is used as it is, in whole milliseconds.
   *
   * @default for answers of AWS's own hosts, unless `clock` is given
   */
  readonly serverClock?: boolean | undefined;
}

/** A transport, and the clock that its answers correct. */
export interface TimedTransport {
  readonly transport: DynamoTransport;
  readonly clock: DynamoClock;
}

/**
 * The clock of a connection, and the transport that it learns from. It is the machine's while that
 * agrees with DynamoDB's answers, and else the earliest time that they allow: `logger` is then
 * warned, once. Nothing is sent for it.
 */
export function timedByServer(
  transport: DynamoTransport,
  { clock: given, serverClock }: ClockOptions,
  logger?: Logger,
): TimedTransport {
  const machine = given ?? systemClock;
  const isOff = serverClock === undefined ? given !== undefined : !serverClock;
  if (isOff) return { transport, clock: uncorrected(machine) };

  const bounds = machine.serverBounds ?? new ServerBounds();
  // Until the first answer, what others have learned on this machine is better than nothing.
  let isTrusted = true;
  const clock = correctedBy(machine, () => (isTrusted ? bounds.of(machine) : undefined));

  const learn = (metadata: AnswerMetadata | undefined, start: Instant): void => {
    const { serverTimeMs, serverHost, attemptDelayMs } = metadata ?? {};
    if (serverTimeMs === undefined) return;
    isTrusted = serverClock === true || isAwsHost(serverHost);
    if (!isTrusted) return;
    bounds.learn(machine, serverTimeMs, start, attemptDelayMs);
    const { earliest, latest } = clock.offsetMs();
    if (logger === undefined || bounds.isReported || latest === 0) return;
    bounds.isReported = true;
    logger.warn(differenceOf((earliest + latest) / 2));
  };

  return { clock, transport: learning(transport, machine, learn) };
}

type Learn = (metadata: AnswerMetadata | undefined, start: Instant) => void;

function learning(transport: DynamoTransport, machine: Clock, learn: Learn): DynamoTransport {
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
  /(?:^|\.)(?:dynamodb|ddb)(?:-fips)?\.[\w.-]+\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.(?:com\.cn|eu)|(?:c2s\.ic|sc2s\.sgov|csp\.hci\.ic)\.gov|cloud\.adc-e\.uk|api\.(?:aws\.(?:ic\.gov|scloud|hci\.ic\.gov)|cloud-aws\.adc-e\.uk))$/;

/** Whether a host is DynamoDB itself, and no emulator. */
export function isAwsHost(host: string | undefined): boolean {
  return host !== undefined && awsHost.test(host);
}

function differenceOf(offsetMs: number): string {
  const seconds = Math.abs(offsetMs / 1_000).toFixed(1);
  const way = offsetMs > 0 ? 'behind' : 'ahead of';
  return `The clock of this machine is about ${seconds} s ${way} DynamoDB's, whose time is used instead`;
}
