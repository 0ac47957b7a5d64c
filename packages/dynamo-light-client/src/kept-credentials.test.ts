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

  it('keeps what is good where a provider throws at once, and takes one that is no promise', async () => {
    const provide = vi.fn<() => Promise<Credentials>>();
    provide.mockReturnValueOnce(ending(200_000, 'old') as unknown as Promise<Credentials>);
    provide.mockImplementationOnce(() => {
      throw new Error('down');
    });
    const credentials = kept(provide);
    await expect(credentials()).resolves.toMatchObject({ accessKeyId: 'old' });
    expect(credentials()).toMatchObject({ accessKeyId: 'old' });
    expect(provide).toHaveBeenCalledTimes(2);
  });

  it('ends the wait for a provider that never answers, and asks it again', async () => {
    const limit = new AbortController();
    const limited = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    const provide = vi.fn<() => Promise<Credentials>>(() => new Promise(() => undefined));
    const credentials = kept(provide);
    const found = Promise.allSettled([credentials(), credentials()]);
    expect(limited).toHaveBeenCalledExactlyOnceWith(60_000);
    limit.abort('late');
    expect(await found).toMatchObject([{ reason: 'late' }, { reason: 'late' }]);
    provide.mockResolvedValueOnce(ending(3_600_000));
    await expect(credentials()).resolves.toMatchObject({ accessKeyId: 'a' });
    vi.restoreAllMocks();
  });

  it.each([
    [undefined, 'accessKeyId'],
    [{ accessKeyId: 'a' }, 'secretAccessKey'],
    [{ accessKeyId: 'a', secretAccessKey: 'hidden\n' }, 'secretAccessKey'],
    [{ accessKeyId: '“hidden”', secretAccessKey: 'b' }, 'accessKeyId'],
    [{ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'hid\nden' }, 'sessionToken'],
    [{ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 5 }, 'sessionToken'],
    [{ accessKeyId: 'a', secretAccessKey: 'b', expiration: '2099' }, 'expiration'],
  ])('refuses %j, which cannot sign, by name', async (found, field) => {
    const refused = kept(() => Promise.resolve(found as Credentials))();
    await expect(refused).rejects.toThrow(`credentials.${field}`);
    await expect(refused).rejects.not.toThrow(/hid/);
  });
});
