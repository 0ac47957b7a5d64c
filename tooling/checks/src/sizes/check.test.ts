import { describe, expect, it } from 'vitest';

import { createFixture, soundWorkspace } from '../fixture.js';
import { readWorkspace } from '../workspace.js';
import { checkSizes, withoutLimit } from './check.js';

const core = '@x/dynamo-core';

describe('checkSizes()', () => {
  it('passes a bundle within its limit and fails one above it', async () => {
    using fixture = createFixture(soundWorkspace());
    const workspace = readWorkspace(fixture.folder);
    const [within, above] = await checkSizes(workspace, [
      [core, 'one', 1000, 1000],
      [core, 'one', 1, 1],
    ]);
    expect(within?.result.problems).toEqual([]);
    expect(above?.result.problems).toEqual([
      `what is loaded at first is ${(above?.size?.initial.gzipped ?? 0) - 1} bytes over its limit`,
      `the whole is ${(above?.size?.whole.gzipped ?? 0) - 1} bytes over its limit`,
    ]);
  });

  it.each([
    ['a name that the package does not export', core, 'absent'],
    ['a package that does not exist', '@x/dynamo-new', 'new'],
  ])('fails on %s', async (_, from, name) => {
    using fixture = createFixture(soundWorkspace());
    const [row] = await checkSizes(readWorkspace(fixture.folder), [[from, name, 1000, 1000]]);
    expect(row?.result.problems.join()).toContain(name);
  });
});

describe('withoutLimit()', () => {
  it('names the published packages that have no limit', () => {
    using fixture = createFixture(soundWorkspace());
    const { problems } = withoutLimit(readWorkspace(fixture.folder), [[core, 'one', 1, 1]]);
    expect(problems).toEqual(['@x/dynamo-kv is not in tooling/checks/src/sizes/limits.ts']);
  });
});
