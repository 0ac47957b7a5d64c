import { describe, expect, it } from 'vitest';

import { resolveMappings } from './mappings.js';

const defaults = {
  partitionKeyFieldName: 'key',
  dataFieldName: 'data',
  md5: 'version',
  ttlFieldName: 'expiresAt',
};
const resolve = (given?: object): unknown => resolveMappings(defaults, given);

describe('resolveMappings()', () => {
  it('keeps the usual name for what is left out or undefined', () => {
    expect(resolve()).toEqual(defaults);
    expect(resolve({ dataFieldName: undefined, ttlFieldName: 'ttl' })).toEqual({
      ...defaults,
      ttlFieldName: 'ttl',
    });
  });

  it('takes names that change places', () => {
    expect(resolve({ md5: 'data', dataFieldName: 'version' })).toMatchObject({ md5: 'data' });
  });

  it.each([
    [{ md5: 'data' }, 'mappings.md5'],
    [{ dataFieldName: 'expiresAt' }, 'mappings.ttlFieldName'],
    [{ dataFieldName: 'key' }, 'mappings.dataFieldName'],
    [{ dataFieldName: '' }, 'mappings.dataFieldName'],
    [{ dataFieldName: 'data\ud800' }, 'mappings.dataFieldName'],
    [{ dataFieldName: '__proto__' }, 'mappings.dataFieldName'],
    [{ dataFieldName: 5 }, 'mappings.dataFieldName'],
    [{ dataFieldName: null }, 'mappings.dataFieldName'],
    [{ dataFieldName: 'count' }, 'mappings.dataFieldName'],
    [{ ttlFieldName: 'ns' }, 'mappings.ttlFieldName'],
    [{ ttlFieldName: 'v1' }, 'mappings.ttlFieldName'],
    [{ dataFieldName: 'claim' }, 'mappings.dataFieldName'],
    [{ md5: 'claimEnds' }, 'mappings.md5'],
    [{ md5: 'freshUntil' }, 'mappings.md5'],
    [{ dataFieldName: 'lease' }, 'mappings.dataFieldName'],
    [{ dataFieldName: 'began' }, 'mappings.dataFieldName'],
    [{ partitionKeyFieldName: 'r0' }, 'mappings.partitionKeyFieldName'],
    [{ sortKeyFieldName: 'sort' }, 'sortKeyFieldName'],
    [{ datafieldname: 'value' }, 'datafieldname'],
    ['data', 'mappings'],
  ])('refuses %o, and sends nothing', (given, field) => {
    expect(() => resolve(given as object)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', field }),
    );
  });
});
