import {
  checkInteger,
  checkOneOf,
  InvalidInputError,
  jsonCodec,
  type Codec,
  type Monitoring,
} from '@x/dynamo-core';

import type { DoOnceBehaviour, DoOnceManagerOptions } from './options.js';

/** The options of a manager or a call, checked, with nothing left out. */
export interface Settings {
  readonly leaseMs: number;
  readonly heartbeat: boolean;
  readonly takeover: boolean;
  readonly onError: NonNullable<DoOnceBehaviour['onError']>;
  readonly onInProgress: NonNullable<DoOnceBehaviour['onInProgress']>;
  readonly waitMsMax: number;
  /** How results are stored; `undefined` when they are not. */
  readonly codec: Codec | undefined;
  readonly expiresAfterMs: number | undefined;
  readonly skewToleranceMs: number;
  readonly monitoring: Monitoring | undefined;
}

const dayMs = 86_400_000;
const skewToleranceMsMax = 3_600_000;
/** Beyond it, an expiry would not be a date any more. */
const expiresAfterMsMax = 1_000 * 365 * dayMs;

const defaults: Settings = {
  leaseMs: 60_000,
  heartbeat: false,
  takeover: true,
  onError: 'release',
  onInProgress: 'wait',
  waitMsMax: 10_000,
  codec: undefined,
  expiresAfterMs: undefined,
  skewToleranceMs: 250,
  monitoring: undefined,
};

/** Checks options and puts them over `base`. */
export function settingsOf(options: DoOnceManagerOptions, base: Settings = defaults): Settings {
  const {
    leaseMs = base.leaseMs,
    heartbeat = base.heartbeat,
    takeover = base.takeover,
    onError = base.onError,
    onInProgress = base.onInProgress,
    waitMsMax = base.waitMsMax,
    expiresAfterMs = base.expiresAfterMs,
    skewToleranceMs = base.skewToleranceMs,
    monitoring = base.monitoring,
  } = options;
  checkInteger('leaseMs', leaseMs, 1, dayMs);
  checkInteger('waitMsMax', waitMsMax, 0, dayMs);
  checkInteger('skewToleranceMs', skewToleranceMs, 0, skewToleranceMsMax);
  checkOneOf('onInProgress', onInProgress, ['wait', 'throw']);
  checkBoolean('heartbeat', heartbeat);
  checkBoolean('takeover', takeover);
  if (typeof onError !== 'function') checkOneOf('onError', onError, ['release', 'keep']);
  if (expiresAfterMs !== undefined) {
    checkInteger('expiresAfterMs', expiresAfterMs, 1, expiresAfterMsMax);
  }
  return {
    leaseMs,
    heartbeat,
    takeover,
    onError,
    onInProgress,
    waitMsMax,
    codec: codecOf(options.storeResult, base.codec),
    expiresAfterMs,
    skewToleranceMs,
    monitoring,
  };
}

function codecOf(
  storeResult: DoOnceBehaviour['storeResult'],
  base: Codec | undefined,
): Codec | undefined {
  if (storeResult === undefined) return base;
  if (typeof storeResult === 'object' && storeResult !== null) return storeResult;
  checkBoolean('storeResult', storeResult);
  return storeResult ? jsonCodec : undefined;
}

function checkBoolean(field: string, value: boolean): void {
  if (typeof value !== 'boolean') throw new InvalidInputError(field, value, 'true or false');
}
