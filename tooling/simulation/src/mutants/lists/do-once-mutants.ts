import type { Mutant } from '../mutant.js';

const doOnce = 'packages/dynamo-do-once';

/** Breakages of do-once. */
export const doOnceMutants: readonly Mutant[] = [
  {
    name: 'A claim takes no notice of the claims of others',
    file: `${doOnce}/src/requests.ts`,
    find: "const unclaimed = ['attribute_not_exists(#lease)'];",
    replace: "const unclaimed = ['attribute_not_exists(#lease)', 'attribute_exists(#lease)'];",
    caughtBy: `${doOnce}/test/do-once-manager.sim.test.ts`,
    test: 'never runs it twice at once',
  },
  {
    name: 'A claim replaces a mark',
    file: `${doOnce}/src/requests.ts`,
    find: "const undone = `(attribute_not_exists(#data) AND (${unclaimed.join(' OR ')}))`;",
    replace:
      "const undone = `((attribute_not_exists(#data) OR attribute_exists(#data)) AND (${unclaimed.join(' OR ')}))`;",
    caughtBy: `${doOnce}/test/do-once-manager.sim.test.ts`,
    test: 'in every schedule without faults',
  },
  {
    name: 'A claimant that fails deletes the claim of its successor',
    file: `${doOnce}/src/requests.ts`,
    find: "ConditionExpression: '#owner = :owner AND attribute_not_exists(#data)',",
    replace:
      "ConditionExpression: '(#owner = :owner OR attribute_exists(#owner)) AND attribute_not_exists(#data)',",
    caughtBy: `${doOnce}/test/do-once-manager.sim.test.ts`,
    test: 'keeps to one mark',
  },
  {
    name: 'A completion replaces the one that was first',
    file: `${doOnce}/src/requests.ts`,
    find: "'(attribute_exists(#owner) AND attribute_not_exists(#data))',",
    replace:
      "'(attribute_exists(#owner) AND (attribute_exists(#data) OR attribute_not_exists(#data)))',",
    caughtBy: `${doOnce}/test/do-once-manager.sim.test.ts`,
    test: 'keeps to one mark',
  },
  {
    name: 'A mark does not know its own repeat',
    file: `${doOnce}/src/requests.ts`,
    find: '${undone} OR #owner = :owner OR #expiresAt <= :cutSeconds',
    replace: '${undone} OR (#owner = :owner AND #expiresAt = :owner) OR #expiresAt <= :cutSeconds',
    caughtBy: `${doOnce}/test/do-once-manager.faults.test.ts`,
    test: 'doOnce.. the first time',
  },
  {
    name: 'A claim is given to a call whose lease is over',
    file: `${doOnce}/src/claim.ts`,
    find: 'if (lease.leaseMsLeft <= 0)',
    replace: 'if (lease.leaseMsLeft < 0)',
    caughtBy: `${doOnce}/src/do-once.test.ts`,
    test: 'whose answer came after its lease',
  },
  {
    name: 'What is done stays unmarked where its claim is gone',
    file: `${doOnce}/src/complete.ts`,
    find: 'result.item?.[row.dataName] === undefined',
    replace: 'result.item?.[row.dataName] !== undefined',
    caughtBy: `${doOnce}/src/lease.test.ts`,
  },
  {
    name: 'A result that cannot be stored leaves the work unmarked',
    file: `${doOnce}/src/complete.ts`,
    find: 'if (result === undefined || !isInvalid(error)) throw error;',
    replace: 'if (result === undefined || isInvalid(error)) throw error;',
    caughtBy: `${doOnce}/src/store-result.test.ts`,
  },
  {
    name: 'The clocks may not differ',
    file: `${doOnce}/src/call.ts`,
    find: 'clock.now() - settings.skewToleranceMs',
    replace: 'clock.now() - 0 * settings.skewToleranceMs',
    caughtBy: `${doOnce}/test/do-once-manager.sim.test.ts`,
    test: 'keeps to one mark',
  },
  {
    name: 'Callers of one manager do not share a call',
    file: `${doOnce}/src/shared-runs.ts`,
    find: 'this.#runs.set(id, { hash: call.hash, outcome });',
    replace: 'this.#runs.delete(id); void outcome;',
    caughtBy: `${doOnce}/src/do-once-manager.test.ts`,
    test: 'share one call',
  },
  {
    name: 'A heartbeat shortens the lease',
    file: `${doOnce}/src/requests.ts`,
    find: 'attribute_not_exists(#data) AND #lease <= :lease',
    replace: 'attribute_not_exists(#data) AND attribute_exists(#lease)',
    caughtBy: `${doOnce}/src/lease.test.ts`,
    test: 'clock was set back',
  },
];
