import type { CheckResult } from '../report.js';
import type { Workspace } from '../workspace.js';
import { collectSamples } from './collect.js';
import { generateModules, type SampleModule } from './generate.js';
import { runModules } from './run.js';
import { placeIn, typeCheck } from './type-check.js';

/** Type-checks and runs every sample of the workspace: one check for each. */
export async function checkSamples(
  workspace: Workspace,
  folder: string,
  endpoint: string,
): Promise<CheckResult[]> {
  const modules = generateModules(workspace, collectSamples(workspace), folder);
  const runnable = modules.filter(({ sample }) => sample.runs).map(({ file }) => file);
  // A process of its own runs them, while this one checks their types.
  const running = runModules(runnable, folder, endpoint);
  const wrong = typeCheck(modules, folder);
  const replies = await running;
  return modules.map((module): CheckResult => {
    const { sample, file } = module;
    const name = `${sample.place}${sample.runs ? '' : ' (type-checked only)'}`;
    const problems = wrong.get(file) ?? [];
    if (problems.length > 0 || !sample.runs) return { name, problems };
    if (!replies.has(file))
      return { name, problems: ['it was not reached, or it ended the process'] };
    const error = replies.get(file);
    return { name, problems: error === undefined ? [] : [describe(module, error)] };
  });
}

/** The error with the line of the docs that it came from, when the stack tells it. */
function describe(module: SampleModule, stack: string): string {
  const at = new RegExp(`${module.file.replaceAll(/[.\\]/g, '\\$&')}:(\\d+)`).exec(stack);
  return at === null ? stack : `${placeIn(module, Number(at[1]))} ${stack}`;
}
