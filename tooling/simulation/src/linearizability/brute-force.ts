import type { Operation, SequentialModel } from './history.js';

/** The definition of linearizability, tried in every order: what the real checker is checked by. */
export function isLinearizableByForce<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): boolean {
  const search = (state: State, left: readonly Operation<Input, Output>[]): boolean => {
    const returns = left.map(({ returned }) => returned?.at ?? Number.POSITIVE_INFINITY);
    const firstReturn = Math.min(...returns);
    if (firstReturn === Number.POSITIVE_INFINITY) return true;
    return left.some((operation) => {
      if (operation.calledAt > firstReturn) return false;
      const after = model.step(state, operation.input, operation.returned);
      return (
        after !== undefined &&
        search(
          after,
          left.filter((other) => other !== operation),
        )
      );
    });
  };
  return search(model.init, history);
}
