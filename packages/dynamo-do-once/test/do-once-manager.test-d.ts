import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { EpochMS, PartitionedTable } from '@x/dynamo-core';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { expectTypeOf } from 'vitest';

import {
  DoOnceManager,
  type DoOnceActionKey,
  type DoOnceContext,
  type DoOnceResponse,
  type DoOnceResult,
  type NativeTransactItem,
} from '../src/index.js';

// A table, the options of one, or neither.
expectTypeOf(DoOnceManager).toBeConstructibleWith(new PartitionedKeyValueTable());
expectTypeOf(DoOnceManager).toBeConstructibleWith({ tableName: 't' }, { leaseMs: 5 });
expectTypeOf(DoOnceManager).toBeConstructibleWith();
declare const table: PartitionedTable;

type UserId = `user-${number}`;
const manager = new DoOnceManager<UserId>(table);

void (async () => {
  const result = await manager.doOnce('user-1', 'mail', async (context) => {
    expectTypeOf(context).toEqualTypeOf<DoOnceContext>();
    return { sent: true };
  });
  expectTypeOf(result).toEqualTypeOf<DoOnceResponse<{ sent: boolean }>>();
  if (result.didAction) {
    expectTypeOf(result.actionResponse).toEqualTypeOf<{ sent: boolean }>();
    expectTypeOf(result.at).toEqualTypeOf<EpochMS>();
  } else {
    expectTypeOf(result.actionResponse).toEqualTypeOf<{ sent: boolean } | undefined>();
  }
  // @ts-expect-error -- no user
  await manager.doOnce('somebody', 'mail', async () => 1);
  // @ts-expect-error -- no action
  await manager.doOnce('user-1', 'mail');
  // @ts-expect-error -- no such decision
  await manager.doOnce('user-1', 'mail', async () => 1, { onError: 'retry' });
  expectTypeOf(manager.doOnce<void>).toBeCallableWith('user-1', 'mail', () => {});
});

expectTypeOf(manager.haveAlreadyDone('user-1', 'mail')).resolves.toEqualTypeOf<
  DoOnceResult | undefined
>();
expectTypeOf(manager.markDone('user-1', 'mail')).resolves.toEqualTypeOf<EpochMS | undefined>();
expectTypeOf(manager.clearKey('user-1', 'mail')).resolves.toEqualTypeOf<void>();
expectTypeOf<'mail'>().toExtend<DoOnceActionKey>();

// What a user of the document client has at hand is taken as it is.
type DocumentItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
expectTypeOf<DocumentItem>().toExtend<NativeTransactItem>();

// The arguments of the function are those of its options.
const send = manager.once(
  {
    userId: (user) => user,
    key: (_user, invoice) => {
      expectTypeOf(invoice).toEqualTypeOf<number>();
      return `invoice-${invoice}`;
    },
  },
  async (user: UserId, invoice: number) => `${invoice} to ${user}`,
);
expectTypeOf(send).toEqualTypeOf<
  (user: UserId, invoice: number) => Promise<DoOnceResponse<string>>
>();
// @ts-expect-error -- a user is needed for the key
void manager.once({ key: () => 'mail' }, () => 1);
