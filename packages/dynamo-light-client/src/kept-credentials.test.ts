import { describe, expect, it, vi } from 'vitest';

import { kept } from './kept-credentials.js';
import type { Credentials } from './signer.js';

const ending = (inMs: number, accessKeyId = 'a'): Credentials => ({
  accessKeyId,
  secretAccessKey: 'b',
  expiration: new Date(Date.now() + inMs),
});

describe('kept', () => {
  it('asks once for calls at the same time, and again after the end', async () => {
    let inMs = 3_600_000;
    const provide = vi.fn<() => Promise<Credentials>>(() => Promise.resolve(ending(inMs)));
    const credentials = kept(provide);
    inMs = -1;
    await Promise.all([credentials(), credentials(), credentials()]);
    expect(provide).toHaveBeenCalledOnce();
    inMs = 3_600_000;
    await Promise.all([credentials(), credentials()]);
    await credentials();
    expect(provide).toHaveBeenCalledTimes(2);
  });

  it('asks five minutes early in the background, and keeps what is good when that fails', async () => {
    const provide = vi.fn<() => Promise<Credentials>>();
    provide.mockResolvedValueOnce(ending(200_000, 'old')).mockRejectedValueOnce(new Error('down'));
    provide.mockResolvedValueOnce(ending(3_600_000, 'new'));
    const credentials = kept(provide);
    await credentials();
    expect(credentials()).toMatchObject({ accessKeyId: 'old' });
    await new Promise(setImmediate);
    expect(credentials()).toMatchObject({ accessKeyId: 'old' });
    await new Promise(setImmediate);
    expect(credentials()).toMatchObject({ accessKeyId: 'new' });
    expect(provide).toHaveBeenCalledTimes(3);
  });

  it('refuses what cannot sign, by name', async () => {
    const credentials = kept(() => Promise.resolve({ accessKeyId: 'a' } as Credentials));
    await expect(credentials()).rejects.toThrow('credentials.secretAccessKey');
  });
});
