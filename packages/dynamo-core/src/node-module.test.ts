import { createHash } from 'node:crypto';

import { describe, expect, it, vi } from 'vitest';

import { nodeModule } from './node-module.js';

describe('nodeModule', () => {
  it('is the module of Node', () => {
    expect(nodeModule('node:crypto').createHash).toBe(createHash);
  });

  it.each([undefined, {}])('has none where the process is %j', (process) => {
    vi.stubGlobal('process', process);
    expect(nodeModule('node:https')).toBeUndefined();
    vi.unstubAllGlobals();
  });
});
