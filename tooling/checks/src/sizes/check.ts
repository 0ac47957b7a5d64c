import type { CheckResult } from '../report.js';
import type { Workspace } from '../workspace.js';
import type { SizeLimit } from './limits.js';
import { measure, type Bytes, type Size } from './measure.js';

/** A row of the table: what was measured, unless it cannot be. */
export interface SizeRow {
  readonly limit: SizeLimit;
  readonly size: Size | undefined;
  readonly result: CheckResult;
}

/** Measures everything in the table of limits. */
export async function checkSizes(
  workspace: Workspace,
  limits: readonly SizeLimit[],
): Promise<SizeRow[]> {
  return Promise.all(limits.map((limit) => checkSize(workspace, limit)));
}

async function checkSize(workspace: Workspace, limit: SizeLimit): Promise<SizeRow> {
  const [from, exported, initialMax, wholeMax] = limit;
  const name = `${exported} of ${from}`;
  try {
    const size = await measure(workspace, from, exported);
    const problems = [
      ...problemOf('what is loaded at first', size.initial, initialMax),
      ...problemOf('the whole', size.whole, wholeMax),
    ];
    return { limit, size, result: { name, problems } };
  } catch (error) {
    const problems = [error instanceof Error ? error.message : String(error)];
    return { limit, size: undefined, result: { name, problems } };
  }
}

function problemOf(what: string, { gzipped }: Bytes, max: number): string[] {
  return gzipped > max ? [`${what} is ${gzipped - max} bytes over its limit`] : [];
}

/** Published packages without a limit. The one for tests is in nobody's bundle. */
export function withoutLimit(workspace: Workspace, limits: readonly SizeLimit[]): CheckResult {
  const limited = ['@x/dynamo-testing', ...limits.map(([from]) => from)];
  const problems = workspace.published
    .filter(({ name }) => !limited.some((from) => `${from}/`.startsWith(`${name}/`)))
    .map(({ name }) => `${name} is not in tooling/checks/src/sizes/limits.ts`);
  return { name: 'every published package has a limit', problems };
}
