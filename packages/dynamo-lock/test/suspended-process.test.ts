import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

import { describeOnOneEngine } from '@x/conformance';
import { S, type Item } from '@x/dynamo-core';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

import { DynamoLock, locksTable } from '../src/index.js';

/** The one place where time is real: leases of one second in another process. */
type Line = Record<string, unknown>;

interface Holder {
  readonly child: ChildProcess;
  readonly next: () => Promise<Line>;
}

describeOnOneEngine('a process that is stopped beyond its lease', (engine) => {
  let tableName: string;
  let keys = 0;

  beforeAll(async () => {
    tableName = await engine.createTable(locksTable);
  });

  function start(mode: 'ask' | 'watch' | 'heartbeat'): Holder & { key: string } {
    keys += 1;
    const key = `key-${keys}`;
    const script = new URL('fixtures/hold-lock.ts', import.meta.url).pathname;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=@x/source', script, engine.endpoint, tableName, key, mode],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<Line> => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('The process ended');
      return JSON.parse(value) as Line;
    };
    return { child, next, key };
  }

  function rowOf(key: string): Promise<Item | undefined> {
    return engine.row(tableName, { key: S(key) });
  }

  async function ended(child: ChildProcess): Promise<number | null> {
    if (child.exitCode !== null) return child.exitCode;
    return new Promise((resolve) => child.once('exit', resolve));
  }

  test('a blocked event loop: assertHeld() throws at once, before any timer fired', async () => {
    const { child, next } = start('ask');
    expect(await next()).toMatchObject({ event: 'held' });
    child.stdin?.write('1200');
    // assertHeld() itself aborts the signal, synchronously.
    expect(await next()).toMatchObject({ event: 'aborted', reason: 'expired', turns: 0 });
    expect(await next()).toEqual({ event: 'back', byTimer: false, assertHeld: 'expired' });
    expect(await next()).toMatchObject({ event: 'done', aborted: true, renewal: 'expired' });
    expect(await ended(child)).toBe(0);
  });

  test('a blocked event loop: the signal aborts within one turn after it', async () => {
    const { child, next } = start('watch');
    expect(await next()).toMatchObject({ event: 'held' });
    child.stdin?.write('1200');
    expect(await next()).toMatchObject({ event: 'back', byTimer: false });
    const aborted = await next();
    expect(aborted).toMatchObject({ event: 'aborted', reason: 'expired' });
    expect(aborted['turns']).toBeLessThanOrEqual(1);
    expect(await next()).toMatchObject({ event: 'done', renewal: 'expired', release: 'released' });
    // No timer, listener or socket is left that would keep the process alive.
    expect(await ended(child)).toBe(0);
  });

  test('a suspended process: its heartbeat does not revive the lease, nor harm the next holder', async () => {
    const { child, next, key } = start('heartbeat');
    const first = await next();
    child.kill('SIGSTOP');
    const locks = new DynamoLock({ dynamo: engine.client(), tableName, holder: 'next' });
    const successor = await locks.acquire(key, 60, { waitMsMax: 10_000 });
    expect(successor.fence).toBe(Number(first['fence']) + 1);
    const before = await rowOf(key);

    child.stdin?.write('0');
    child.kill('SIGCONT');
    // Which of the two depends on whether a renewal was under way.
    const over = expect.stringMatching(/^(expired|unreachable)$/) as string;
    const lines = [await next(), await next(), await next()];
    expect(lines).toContainEqual(expect.objectContaining({ event: 'aborted' }));
    expect(lines).toContainEqual(expect.objectContaining({ event: 'back', assertHeld: over }));
    expect(lines[2]).toMatchObject({ event: 'done', renewal: over, release: 'superseded' });
    expect(await rowOf(key)).toEqual(before);
    successor.assertHeld();
    expect(await successor.release()).toBe('released');
    expect(await ended(child)).toBe(0);
  });
});
