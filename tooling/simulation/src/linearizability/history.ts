/** One operation as a client saw it. Times only say what came first; their unit does not matter. */
export interface Operation<Input, Output> {
  /** Who called. */
  readonly client: string;
  /** Which object it concerns. Operations of different keys are judged apart from each other. */
  readonly key: string;
  readonly input: Input;
  readonly calledAt: number;
  /** What came back and when, or `undefined` when nobody knows: it may be applied late or never. */
  readonly returned: { readonly at: number; readonly output: Output } | undefined;
}

/** What a checker goes by: how one object behaves that does one operation at a time. */
export interface SequentialModel<State, Input, Output> {
  readonly init: State;
  /**
   * The state after the operation, or `undefined` when the operation cannot have returned `output`
   * in this state. Without `returned` the output is unknown, and any is allowed.
   */
  readonly step: (
    state: State,
    input: Input,
    returned: { readonly output: Output } | undefined,
  ) => State | undefined;
  /** A text that is the same for equal states only. */
  readonly keyOf: (state: State) => string;
}
