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
      { ...core, gzipBytesMax: 1000 },
      { ...core, gzipBytesMax: 1 },
    ];
    const [within, above] = await checkSizes(workspace, limits);
    expect(within?.result.problems).toEqual([]);
    const excess = (above?.size?.gzipBytes ?? 0) - 1;
    expect(above?.result.problems).toEqual([`it is ${excess} bytes over its limit`]);
  });

  it('fails on a name that the package does not export', async () => {
    using fixture = createFixture(soundWorkspace());
    const limits = [{ ...core, name: 'absent', gzipBytesMax: 1000 }];
    const [row] = await checkSizes(readWorkspace(fixture.folder), limits);
    expect(row?.result.problems.join()).toContain('absent');
  });

  it('skips a package that does not exist', async () => {
    using fixture = createFixture(soundWorkspace());
    const limits = [{ package: '@x/dynamo-new', name: 'New', gzipBytesMax: 1 }];
    const [row] = await checkSizes(readWorkspace(fixture.folder), limits);
    expect(row?.result.skipped).toBe('the package does not exist yet');
  });
});

describe('withoutLimit()', () => {
  it('names the published packages that have no limit', () => {
    using fixture = createFixture(soundWorkspace());
    const { problems } = withoutLimit(readWorkspace(fixture.folder), [
      { ...core, gzipBytesMax: 1 },
    ]);
    expect(problems).toEqual(['@x/dynamo-kv is not in tooling/checks/src/sizes/limits.ts']);
  });
});
