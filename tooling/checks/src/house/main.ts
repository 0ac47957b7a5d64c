// The rules of this repository: npm test -- house
import { finish, printCheck, type CheckResult } from '../report.js';
import { readWorkspace } from '../workspace.js';
import { rules } from './rules.js';

const workspace = readWorkspace();
const results = rules.map((rule): CheckResult => {
  return { name: rule.name, problems: rule.problems(workspace) };
});
for (const result of results) printCheck(result);
finish(results);
