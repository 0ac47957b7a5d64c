import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

/** What the peers do, done with ours: by peer, and by the first column of its table in the page. */
export type PeerCases = Readonly<Record<string, Readonly<Record<string, () => unknown>>>>;

/**
 * Runs the rows of a section of docs/peers.md. A row without a case fails, and a case without a row.
 *
 * @param section the heading of the section, without its `##`
 */
export function describePeers(section: string, cases: PeerCases): void {
  for (const [peer, rows] of Object.entries(cases)) {
    describe(`beside ${peer}`, () => {
      test.each(Object.entries(rows))('%s', async (_row, run) => {
        await run();
      });
    });
  }

  test('each row of docs/peers.md has a case, and each case a row', () => {
    const named = Object.entries(cases).map(([peer, rows]) => [peer, Object.keys(rows)]);
    expect(Object.fromEntries(named)).toEqual(rowsOf(section));
  });
}

/** The first column of each table of a section, by the heading over it. */
function rowsOf(section: string): Record<string, string[]> {
  const page = readFileSync(new URL('../../../docs/peers.md', import.meta.url), 'utf8');
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  const [, ...peers] = text.split(/^### /m);
  return Object.fromEntries(
    peers.map((peer) => {
      const [heading = '', ...lines] = peer.split('\n');
      const [, , ...rows] = lines.filter((line) => line.startsWith('|'));
      return [heading, rows.map((row) => row.split('|')[1]?.replaceAll('`', '').trim() ?? '')];
    }),
  );
}
