import { UnreadableRowError, type AttributeValue, type EpochMS } from '@x/dynamo-core';

/** What the original keeps as JSON in the `data` of a row, and what goes on from there. */
export interface ResetState<T = string> {
  /** When the window began. */
  created: EpochMS;
  /** The context of the window's first attempt. */
  data: T | undefined;
  attempts: number;
}

/** The state in the `data` of a row. Throws an `UnreadableRowError` for anything else. */
export function parseResetState(data: AttributeValue, label: string): ResetState {
  const state = parsed(data.S);
  if (!isResetState(state)) {
    throw new UnreadableRowError(label, 'its data is not the state of attempts');
  }
  return state;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function isResetState(value: unknown): value is ResetState {
  if (typeof value !== 'object' || value === null) return false;
  const { created, data, attempts } = value as Partial<ResetState>;
  return (
    Number.isSafeInteger(created) &&
    Number.isSafeInteger(attempts) &&
    (attempts as number) >= 0 &&
    (data === undefined || data === null || typeof data === 'string')
  );
}
