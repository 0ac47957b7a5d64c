import { describe, expect, it } from 'vitest';

import { createFixture, soundWorkspace } from '../fixture.js';
import { readWorkspace } from '../workspace.js';
import { checkSizes, withoutLimit } from './check.js';

const core = { package: '@x/dynamo-core', name: 'one' };

describe('checkSizes()', () => {
  it('passes a bundle within its limit and fails one above it', async () => {
    using fixture = createFixture(soundWorkspace());
    const workspace = readWorkspace(fixture.folder);
    const limits = [
      { ...core, initialMax: 1000, wholeMax: 1000 },
      { ...core, initialMax: 1, wholeMax: 1 },
    ];
    const [within, above] = await checkSizes(workspace, limits);
    expect(within?.result.problems).toEqual([]);
    expect(above?.result.problems).toEqual([
      `what is loaded at first is ${(above?.size?.initial.gzipped ?? 0) - 1} bytes over its limit`,
      `the whole is ${(above?.size?.whole.gzipped ?? 0) - 1} bytes over its limit`,
    ]);
  });

  it('fails on a name that the package does not export', async () => {
    using fixture = createFixture(soundWorkspace());
    const limits = [{ ...core, name: 'absent', initialMax: 1000, wholeMax: 1000 }];
    const [row] = await checkSizes(readWorkspace(fixture.folder), limits);
    expect(row?.result.problems.join()).toContain('absent');
  });

  it('skips a package that does not exist', async () => {
    using fixture = createFixture(soundWorkspace());
    const limits = [{ package: '@x/dynamo-new', name: 'New', initialMax: 1, wholeMax: 1 }];
    const [row] = await checkSizes(readWorkspace(fixture.folder), limits);
    expect(row?.result.skipped).toBe('the package does not exist yet');
  });
});

describe('withoutLimit()', () => {
  it('names the published packages that have no limit', () => {
    using fixture = createFixture(soundWorkspace());
    const { problems } = withoutLimit(readWorkspace(fixture.folder), [
      { ...core, initialMax: 1, wholeMax: 1 },
    ]);
    expect(problems).toEqual(['@x/dynamo-kv is not in tooling/checks/src/sizes/limits.ts']);
  });
});
