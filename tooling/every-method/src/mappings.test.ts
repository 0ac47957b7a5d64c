import { expect } from 'vitest';

import { everyCall } from './every-subject.js';
import { testEach } from './subject.js';
import { traceOf } from './trace.js';

const ofKey = { partitionKeyFieldName: 'user', ttlFieldName: 'ttl' };
const ofValue = { ...ofKey, dataFieldName: 'values', md5: 'etag' };
const mappings = {
  locks: ofKey,
  semaphores: ofKey,
  keys: ofValue,
  partitioned_keys: { ...ofValue, sortKeyFieldName: 'range' },
};

const ownNames = ['partitionKey', 'sortKey', 'md5', 'expiresAt', 'purgeAt'];

// The rows of transact() are the caller's, and compat has the names of the original.
const calls = everyCall.filter(([title]) => !/^DoOnceManager.transact|^compat /.test(title));

testEach(
  'names of attributes are for the table to say, with %s',
  calls,
  async (of, method, call) => {
    const given = call.args({ options: {}, text: 'a' });
    const usual = await traceOf(of, method, given);
    const { outcome, requests } = await traceOf(of, method, given, { mappings });
    expect(outcome).toEqual(usual.outcome);
    expect(requests).toHaveLength(usual.requests.length);
    // A lock ends by a name of its own, and is purged by the table's.
    const usualNames = /Lock|Leader/.test(of.title)
      ? ownNames.filter((name) => name !== 'expiresAt')
      : ownNames;
    expect(JSON.stringify(requests)).not.toMatch(
      new RegExp(`(?<![#:])\\b(${usualNames.join('|')})\\b`),
    );
  },
);
