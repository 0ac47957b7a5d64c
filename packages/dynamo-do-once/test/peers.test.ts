import { describePeers } from '@x/conformance';
import { beforeEach, expect } from 'vitest';

import { idempotencyKey, type DoOnceManager } from '../src/index.js';
import { gate, TestSetup, startMs } from './test-setup.js';

let setup: TestSetup;
let runs: number;
beforeEach(() => {
  setup = new TestSetup();
  runs = 0;
});

const act = (): string => `run ${++runs}`;
const mail = (manager: DoOnceManager, options = {}): Promise<unknown> =>
  manager.doOnce('ann', 'mail', act, options);
const inProgress = (retryAfterMs: number): object => ({
  name: 'DoOnceInProgressError',
  retryAfterMs,
});

class CardError extends Error {
  override readonly name = 'CardError';
}
const isFinal = (error: unknown): boolean => error instanceof CardError;
const declined = (): never => {
  runs++;
  throw new CardError('declined');
};
const refused = (): never => {
  runs++;
  throw new TypeError('no amount');
};

describePeers('Do once', {
  Powertools: {
    'makeIdempotent(fn)': async () => {
      const charge = (): ((order: number) => Promise<unknown>) =>
        setup
          .open({ storeResult: true })
          .once(
            { userId: (_order: number) => 'ann', key: (order: number) => `order-${order}` },
            (order: number) => ({
              order,
              run: ++runs,
            }),
          );
      const answers = [await charge()(7), await charge()(7), await charge()(8)];
      expect(answers).toMatchObject([
        { didAction: true, actionResponse: { order: 7, run: 1 } },
        { didAction: false, actionResponse: { order: 7, run: 1 } },
        { didAction: true, actionResponse: { order: 8, run: 2 } },
      ]);
    },
    IdempotencyAlreadyInProgressError: async () => {
      await setup.die();
      const asked = mail(setup.open(), { onInProgress: 'throw' });
      await expect(asked).rejects.toMatchObject(inProgress(60_000));
      const waiting = mail(setup.open(), { waitMsMax: 2_000 });
      await expect(setup.clock.drive(waiting)).rejects.toMatchObject(inProgress(58_000));
      expect(setup.clock.now() - startMs).toBe(2_000);
    },
    payloadValidationJmesPath: async () => {
      await mail(setup.open(), { payload: { amount: 5 } });
      await mail(setup.open(), { payload: { amount: 5 } });
      const other = mail(setup.open(), { payload: { amount: 6 } });
      await expect(other).rejects.toMatchObject({ name: 'DoOnceMismatchError' });
      expect(runs).toBe(1);
    },
    expiresAfterSeconds: async () => {
      await mail(setup.open(), { ttlSeconds: 3_600 });
      await setup.clock.advance(3_599_000);
      await mail(setup.open());
      expect(runs).toBe(1);
      await setup.clock.advance(2_000);
      await mail(setup.open());
      expect(runs).toBe(2);
      await setup.clock.advance(366 * 86_400_000);
      await mail(setup.open());
      expect(runs).toBe(2);
    },
    'a record of a call that threw is deleted': async () => {
      await expect(setup.open().doOnce('ann', 'mail', refused)).rejects.toThrow('no amount');
      expect(setup.row()).toBeUndefined();
      expect(await mail(setup.open())).toMatchObject({ didAction: true });
    },
    registerLambdaContext: async () => {
      const handler = (
        run: () => string | Promise<never>,
      ): ((leftMs: number) => Promise<unknown>) =>
        setup.open().once(
          {
            userId: (_leftMs: number) => 'ann',
            key: (_leftMs: number) => 'mail',
            leaseMs: (leftMs: number) => leftMs,
          },
          (_leftMs: number) => run(),
        );
      // It runs into its timeout, and answers to nobody.
      handler(() => new Promise<never>(() => undefined))(5_000).catch(() => undefined);
      await setup.clock.advance(4_000);
      expect(await setup.clock.drive(handler(act)(5_000))).toMatchObject({ didAction: true });
      expect(setup.clock.now() - startMs).toBeLessThanOrEqual(5_000);
    },
    'the hash of the whole event': async () => {
      const events = [{ a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 }, { a: 2 }];
      for (const event of events) await setup.open().doOnce('ann', idempotencyKey(event), act);
      expect(runs).toBe(2);
    },
    throwOnNoIdempotencyKey: async () => {
      const asked = setup.open().doOnce('ann', '', act);
      await expect(asked).rejects.toMatchObject({ name: 'InvalidInputError', field: 'key' });
      expect([runs, setup.sent]).toEqual([0, []]);
    },
    deleteRecord: async () => {
      await mail(setup.open());
      await setup.open().clearKey('ann', 'mail');
      await mail(setup.open());
      expect(runs).toBe(2);
    },
    'a result that cannot be stored': async () => {
      const big = (): string => (runs++, 'x'.repeat(500_000));
      await setup
        .open({ storeResult: true })
        .doOnce('ann', 'mail', big)
        .catch(() => undefined);
      expect(await mail(setup.open())).toMatchObject({ didAction: false });
      expect(runs).toBe(1);
    },
  },

  Stripe: {
    'a key that comes again gets the answer': async () => {
      const answers = [];
      for (let times = 0; times < 2; times++) {
        answers.push(await mail(setup.open({ storeResult: true })));
      }
      expect(answers).toMatchObject([{ actionResponse: 'run 1' }, { actionResponse: 'run 1' }]);
      expect(await setup.open({ storeResult: true }).getDone('ann', 'mail')).toEqual({
        at: startMs,
        result: 'run 1',
      });
    },
    'Idempotent-Replayed': async () => {
      await mail(setup.open());
      await setup.clock.advance(1_000);
      expect(await mail(setup.open())).toEqual({ didAction: false, at: startMs });
    },
    'the same key with other parameters': async () => {
      await mail(setup.open(), { payload: { amount: 5 } });
      const other = mail(setup.open(), { payload: { amount: 6 } });
      await expect(other).rejects.toMatchObject({ name: 'DoOnceMismatchError' });
    },
    'a declined card is declined again': async () => {
      const charge = (): Promise<unknown> =>
        setup.open({ storeError: isFinal }).doOnce('ann', 'mail', declined);
      await expect(charge()).rejects.toThrow(CardError);
      const again = {
        name: 'DoOnceStoredError',
        storedName: 'CardError',
        storedMessage: 'declined',
      };
      await expect(charge()).rejects.toMatchObject(again);
      expect(runs).toBe(1);
    },
    'what was refused before it began is not kept': async () => {
      const manager = setup.open({ storeError: isFinal });
      await expect(manager.doOnce('ann', 'mail', refused)).rejects.toThrow('no amount');
      expect(await mail(manager)).toMatchObject({ didAction: true });
    },
    'a request in progress is a 409': async () => {
      const { opened, open } = gate<string>();
      const first = setup.open().doOnce('ann', 'mail', () => opened);
      await setup.clock.advance(1_000);
      const second = mail(setup.open(), { onInProgress: 'throw' });
      await expect(second).rejects.toMatchObject(inProgress(59_000));
      open('done');
      expect(await first).toMatchObject({ didAction: true });
    },
    'keys are removed after 24 hours': async () => {
      await mail(setup.open(), { ttlSeconds: 86_400 });
      await setup.clock.advance(86_401_000);
      await mail(setup.open());
      expect(runs).toBe(2);
    },
    'keys of 255 characters': async () => {
      const long = 'k'.repeat(5_000);
      const plain = setup.open().doOnce('ann', long, act);
      await expect(plain).rejects.toMatchObject({ name: 'InvalidInputError', field: 'key' });
      for (let times = 0; times < 2; times++) {
        await setup.open({ hashLongKeys: true }).doOnce('ann', long, act);
      }
      expect(runs).toBe(1);
    },
  },
});
