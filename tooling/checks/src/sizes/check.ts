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

/** Measures everything in the table of limits, and finds published packages that it leaves out. */
export async function checkSizes(
  workspace: Workspace,
  limits: readonly SizeLimit[],
): Promise<SizeRow[]> {
  return Promise.all(limits.map((limit) => checkSize(workspace, limit)));
}

async function checkSize(workspace: Workspace, limit: SizeLimit): Promise<SizeRow> {
  const name = `${limit.name} of ${limit.package}`;
  const member = workspace.packages.find((candidate) => candidate.name === limit.package);
  if (member === undefined) {
    const skipped = 'the package does not exist yet';
    return { limit, size: undefined, result: { name, problems: [], skipped } };
  }
  try {
    const size = await measure(workspace, member, limit.name, limit.entry);
    const problems = [
      ...problemOf('what is loaded at first', size.initial, limit.initialMax),
      ...problemOf('the whole', size.whole, limit.wholeMax),
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
  const limited = new Set([...limits.map((limit) => limit.package), '@x/dynamo-testing']);
  const problems = workspace.packages
    .filter(({ name, published }) => published && !limited.has(name))
    .map(({ name }) => `${name} is not in tooling/checks/src/sizes/limits.ts`);
  return { name: 'every published package has a limit', problems };
}
