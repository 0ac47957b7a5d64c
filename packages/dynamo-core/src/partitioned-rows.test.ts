import { describe, expect, it } from 'vitest';

import { Answering } from '../test/answering.js';
import type { PartitionKeyMappings } from './table-definition.js';
import { partitionedRows, rowsOf } from './partitioned-rows.js';

function rows(mappings?: Partial<PartitionKeyMappings>): ReturnType<typeof partitionedRows> {
  return partitionedRows({ dynamo: new Answering(), tableName: 'x.prod.t', mappings });
}

describe('partitionedRows()', () => {
  it('addresses a row by partition and <namespace>.<sort>', () => {
    expect(rows().address({ partition: 'user-1', namespace: 'settings', sort: 'theme' })).toEqual({
      key: { partitionKey: { S: 'user-1' }, sortKey: { S: 'settings.theme' } },
      displayKey: 'user-1/settings.theme',
      callerKey: { partition: 'user-1', namespace: 'settings', sort: 'theme' },
    });
  });

  it("takes the sort as it is under the namespace ''", () => {
    const { key } = rows().address({ partition: 'p', namespace: '', sort: 'theme' });
    expect(key['sortKey']).toEqual({ S: 'theme' });
  });

  it('uses the attribute names of the mappings and the usual ones beside them', () => {
    const mapped = rows({ partitionKeyFieldName: 'pk', md5: 'hash' });
    expect(mapped.mappings).toEqual({
      partitionKeyFieldName: 'pk',
      sortKeyFieldName: 'sortKey',
      sortKeyFieldAWSType: 'S',
      dataFieldName: 'data',
      md5: 'hash',
      ttlFieldName: 'expiresAt',
    });
    expect(mapped.address({ partition: 'p', namespace: 'n', sort: 's' }).key).toEqual({
      pk: { S: 'p' },
      sortKey: { S: 'n.s' },
    });
  });

  it.each([
    [{ partition: '', namespace: 'n', sort: 's' }, 'key.partition'],
    [{ partition: 'p', namespace: 'n', sort: '' }, 'key.sort'],
    [{ partition: 'p', namespace: undefined as never, sort: 's' }, 'key.namespace'],
    [{ partition: 'x'.repeat(2_049), namespace: 'n', sort: 's' }, 'key.partition'],
    [{ partition: 'p', namespace: 'n', sort: 'x'.repeat(1_025) }, 'key.sort'],
    [
      { partition: 'p', namespace: 'n', sort: 'x'.repeat(1_023) },
      'the namespace and sort of the key',
    ],
  ])('address() refuses %j', (key, field) => {
    expect(() => rows().address(key)).toThrow(expect.objectContaining({ field }));
  });

  it('refuses a type of sort keys that it does not know', () => {
    expect(() => rows({ sortKeyFieldAWSType: 'B' as never })).toThrow(/sortKeyFieldAWSType/);
  });
});

describe('numeric sort keys', () => {
  const numeric = rows({ sortKeyFieldAWSType: 'N' });

  it.each(['0', '5', '-2.5', '0.000001', '123456789012345680000'])('take %s', (sort) => {
    const { key } = numeric.address({ partition: 'p', namespace: '', sort });
    expect(key['sortKey']).toEqual({ N: sort });
  });

  it.each(['', 'a', '05', '1.0', '+1', '-0', 'NaN', 'Infinity', '1e21', '1e+21', '1e-7', ' 1'])(
    'refuse %j, which would come back in another spelling',
    (sort) => {
      expect(() => numeric.address({ partition: 'p', namespace: '', sort })).toThrow(
        expect.objectContaining({ field: 'key.sort' }),
      );
    },
  );

  it('have no namespace', () => {
    expect(() => numeric.address({ partition: 'p', namespace: 'n', sort: '5' })).toThrow(
      expect.objectContaining({ field: 'key.namespace' }),
    );
  });
});

describe('rowsOf()', () => {
  const options = { tableName: 't', dynamo: { call: () => Promise.reject(new Error('sent')) } };

  it('takes the rows of a table, or opens them', () => {
    const rows = partitionedRows(options);
    expect(rowsOf({ rows }, ['owner'])).toEqual({ rows, given: {} });
    const opened = rowsOf(Object.create(options) as object, ['owner']);
    expect(opened).toMatchObject({ rows: { tableName: 't' }, given: options });
  });

  it.each([null, 'table'])('refuses %s as a table', (table) => {
    expect(() => rowsOf(table as never, [])).toThrow('as table');
  });

  it('refuses a client, the table of another library and an option that it has not', () => {
    class Foreign {
      get(): void {}
    }
    expect(() => rowsOf(options.dynamo as never, [])).toThrow(/given as \{ dynamo \}$/);
    expect(() => rowsOf(new Foreign() as never, [])).toThrow(/an instance of Foreign as table/);
    expect(() => rowsOf({ ...options, rows: {} } as never, [])).toThrow(/as rows/);
    expect(() => rowsOf({ ...options, timeProvider: {} } as never, [])).toThrow(/given as clock$/);
  });

  it('takes another name of the expiry, but none of an attribute of the primitive', () => {
    const mappings = { ttlFieldName: 'ttl' };
    const { rows } = rowsOf({ ...options, mappings }, ['owner', 'expiresAt']);
    expect(rows.mappings.ttlFieldName).toBe('ttl');
    const own = { ttlFieldName: 'owner' };
    expect(() => rowsOf({ ...options, mappings: own }, ['owner', 'expiresAt'])).toThrow('mappings');
  });

  it('refuses attribute names that the primitive has itself', () => {
    const mappings = { dataFieldName: 'owner' };
    expect(() => rowsOf({ ...options, mappings }, ['lease', 'owner'])).toThrow('lease, owner');
  });
});
