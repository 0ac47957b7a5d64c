/** What a journal can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

interface InWorkload {
  readonly workload: string;
  readonly round: number;
}

interface AtInstant {
  /** Microseconds on the clock that all processes of the machine share. */
  readonly at: number;
}

/** A worker of the client works on this round from now on, and never again on an earlier one. */
interface EnterRecord extends InWorkload {
  readonly kind: 'enter';
}

/** A call is about to be made. Without an `end` or a `failed`, its outcome is unknown. */
interface BeginRecord extends InWorkload, AtInstant {
  readonly kind: 'begin';
  /** Counts the calls of the client. */
  readonly id: number;
  readonly key: string;
  readonly operation: string;
  readonly input: Json;
}

interface OverRecord extends AtInstant {
  readonly id: number;
  /** How many requests it took, those included that the SDK repeated. */
  readonly sent: number;
  /** When the last copy of one of them comes that was held back, if there is one. */
  readonly copyAt?: number | undefined;
}

/** The call has returned. */
export interface EndRecord extends OverRecord {
  readonly kind: 'end';
  readonly output: Json;
}

/** The call has thrown. What it asked for may have happened all the same. */
interface FailedRecord extends OverRecord {
  readonly kind: 'failed';
  readonly error: string;
  readonly message: string;
}

/** Something else that a check must know of. */
export interface NoteRecord extends InWorkload, AtInstant {
  readonly kind: 'note';
  readonly key: string;
  readonly name: string;
  readonly data: Json;
}

/** A fault was injected. */
interface FaultRecord {
  readonly kind: 'fault';
  readonly fault: string;
}

/** One line of a journal. */
export type JournalRecord =
  | EnterRecord
  | BeginRecord
  | EndRecord
  | FailedRecord
  | NoteRecord
  | FaultRecord;
