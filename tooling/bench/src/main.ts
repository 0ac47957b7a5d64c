// What the packages cost in processor time, as they are built: npm run bench, and npm run bench -- help
// What one command needs alone is loaded by it: it would take longer than the check.
import { readFileSync } from 'node:fs';

import { checkFigures } from './check.js';
import { saveFigures } from './figures.js';
import { ownTimes, printOwnTimes } from './own-time.js';

const readme = new URL('../README.md', import.meta.url);
const [what = 'all', part] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const rounds = 45;

switch (what) {
  case 'all':
    await own();
    await (await import('./over-client.js')).printOverClient();
    break;
  case 'own':
    await own();
    break;
  case 'client':
    await (await import('./over-client.js')).printOverClient(part);
    break;
  case 'growth':
    await (await import('./growth.js')).printGrowth(part);
    break;
  case 'light':
    await (await import('./light.js')).printLight();
    break;
  case 'check':
    await checkFigures();
    break;
  default:
    console.log(/```\n([^]*?)```/.exec(readFileSync(readme, 'utf8'))?.[1]);
    process.exitCode = what === 'help' ? 0 : 1;
}

async function own(): Promise<void> {
  const times = await ownTimes(rounds, part);
  printOwnTimes(times);
  if (process.argv.includes('--save')) console.log(`Saved in ${saveFigures(times)}`);
}
