import { readFileSync } from 'node:fs';

import type { DynamoInput, DynamoOperation } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import { everyCall, everySubject } from './every-subject.js';
import { invoke } from './subject.js';
import { World } from './world.js';

/** Where a user reads which actions a class needs, and the subjects that are of that class. */
const places: Readonly<Record<string, readonly string[]>> = {
  'docs/packages/kv.md': ['KeyValueTable', 'compat KeySetValueTable'],
  'docs/packages/partitioned.md': ['PartitionedKeyValueTable'],
  'docs/packages/counter.md': [
    'KeyValueCounter',
    'KeyValueCounter of bigints',
    'WindowedCounter',
    'KeyValueScopedCounter',
    'PartitionedKeyValueCounter',
  ],
  'packages/dynamo-lock/README.md': ['DynamoLock', 'HeldLock', 'HeldLocks'],
  'packages/dynamo-semaphore/README.md': ['DynamoSemaphore', 'HeldPermit'],
  'docs/packages/do-once.md': ['DoOnceManager', 'DoOnceManager.once()'],
  'docs/packages/limited-attempt.md': ['LimitedAttempt', 'SuccessfulAttempt'],
  'docs/packages/rate-limit.md': [
    'expressStore()',
    'honoStore()',
    'nestStorage()',
    'fastifyStore()',
  ],
  'packages/dynamo-session/README.md': ['DynamoSessionStore'],
  'packages/dynamo-keyv/README.md': ['DynamoKeyv of Keyv 5', 'DynamoKeyv of Keyv 6'],
  'packages/dynamo-unstorage/README.md': ['dynamoDriver()'],
  'packages/dynamo-idempotency/README.md': ['idempotent()'],
};

test.each(Object.entries(places))('%s names each action that is sent', async (path, titles) => {
  const sentence = /IAM(?: actions)?: ([\s\S]*?)(?:\.\s|\n\n)/.exec(read(path))?.[1] ?? '';
  await expectSaid(sentence, titles);
});

/** The lines of MIGRATING.md, and where else the actions of that class stand. */
const lines: Readonly<Record<string, string>> = {
  DynamoLock: 'packages/dynamo-lock/README.md',
  KeyValueTable: 'docs/packages/kv.md',
  PartitionedKeyValueTable: 'docs/packages/partitioned.md',
  PartitionedKeyValueCounter: 'docs/packages/counter.md',
  DoOnceManager: 'docs/packages/do-once.md',
  LimitedAttempt: 'docs/packages/limited-attempt.md',
};

test.each(Object.entries(lines))(
  'MIGRATING.md names each action that %s sends, of both kinds',
  async (name, page) => {
    const section = read('MIGRATING.md').split('## IAM actions')[1]?.split('\n## ')[0] ?? '';
    const line = section.split('\n').find((each) => each.split('|')[1]?.includes(`\`${name}\``));
    const ours = places[page] ?? [];
    const titles = everySubject
      .map(({ title }) => title)
      .filter((title) => ours.includes(title) || ours.includes(title.replace('compat ', '')));
    await expectSaid(line?.split('|')[2] ?? '', titles);
  },
);

async function expectSaid(text: string, titles: readonly string[]): Promise<void> {
  const said = [...text.matchAll(/`(?:dynamodb:)?([A-Z]\w+)`/g)].map(([, action]) => action);
  for (const title of titles) {
    const sent = await sentBy(title);
    expect(sent).not.toEqual([]);
    expect({ title, unsaid: sent.filter((action) => !said.includes(action)) }).toEqual({
      title,
      unsaid: [],
    });
  }
}

/** The actions of all methods of a subject, and of what makes it. */
async function sentBy(title: string): Promise<string[]> {
  const seen = new Set<string>();
  for (const [, { open }, method, { args }] of everyCall.filter(([, of]) => of.title === title)) {
    const world = new World();
    const opened = await open(world, 'a');
    await world.drive(invoke(opened, method, args({ options: {}, text: 'a' })).catch(() => {}));
    for (const { operation, input } of world.requests) {
      for (const action of actionsOf(operation, input)) seen.add(action);
    }
  }
  return [...seen];
}

/** A transaction needs the action of each of its items. */
function actionsOf(operation: DynamoOperation, input: object): string[] {
  if (operation !== 'TransactWriteItems') return [operation];
  const { TransactItems = [] } = input as DynamoInput<'TransactWriteItems'>;
  return TransactItems.flatMap((item) =>
    Object.keys(item).map((kind) =>
      kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`,
    ),
  );
}

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}
