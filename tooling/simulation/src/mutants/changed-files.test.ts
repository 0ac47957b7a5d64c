import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { changedFiles } from './changed-files.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'changed-files-'));
  git('init', '--quiet', '--initial-branch=main');
  commit('a.ts');
  commit('b.ts');
});

afterEach(() => rmSync(folder, { recursive: true }));

it('changedFiles() names what is not committed, where the branch follows none', () => {
  expect([...changedFiles(folder)]).toEqual([]);
  writeFileSync(join(folder, 'a.ts'), 'changed');
  expect([...changedFiles(folder)]).toEqual(['a.ts']);
});

it('changedFiles() names what was committed since the branch that it follows', () => {
  git('checkout', '--quiet', '--track', '-b', 'mine', 'main');
  commit('b.ts', 'changed');
  expect([...changedFiles(folder)]).toEqual(['b.ts']);
});

it('changedFiles() names nothing without git', () => {
  rmSync(join(folder, '.git'), { recursive: true });
  expect([...changedFiles(folder)]).toEqual([]);
});

function commit(name: string, text = 'first'): void {
  writeFileSync(join(folder, name), text);
  git('add', name);
  git('-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '--quiet', '-m', name);
}

function git(...args: string[]): void {
  execFileSync('git', args, { cwd: folder });
}
