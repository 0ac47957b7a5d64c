import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { readWorkspace } from '../workspace.js';
import { generateModules } from './generate.js';
import type { Sample } from './sample.js';
import { typeCheck } from './type-check.js';

const folder = fileURLToPath(new URL('../../.generated/type-check-test', import.meta.url));

function sample(code: string, line: number): Sample {
  const place = `docs/guide.md:${line}`;
  return { place, path: 'docs/guide.md', line, code, runs: true, assumesImports: false };
}

describe('typeCheck()', () => {
  it('names the line of the guide on which a sample is wrong', { timeout: 30_000 }, async () => {
    const samples = [
      sample(`import { dynamoTableName } from '@x/dynamo-core';\ndynamoTableName('a');`, 10),
      sample(`const a = 1;\nconst b: string = a;`, 20),
      sample(`dynamoTableName('a');`, 30),
      sample(`await performCriticalOperation();`, 40),
    ];
    const modules = generateModules(readWorkspace(), samples, folder);
    const problems = [...(await typeCheck(modules, folder)).values()];
    expect(problems).toEqual([
      [],
      [`docs/guide.md:21 Type 'number' is not assignable to type 'string'.`],
      [`docs/guide.md:30 Cannot find name 'dynamoTableName'.`],
      [],
    ]);
  });
});
