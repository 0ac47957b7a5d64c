// What the packages cost in processor time, as they are built: npm run bench, and npm run bench -- help
// What one command needs alone is loaded by it: it would take longer than the check.
import { checkFigures } from './check.js';
import { saveFigures } from './figures.js';
import { ownTimes, printOwnTimes } from './own-time.js';

const usage = `npm run bench                 our own time, and processor time over the bare client
npm run bench -- own          our own time alone; of the operations that have a text in their name: own kv
npm run bench -- own --save   keeps it as the figures of this release
npm run bench -- client       processor time over the bare client alone; or: client lock
npm run bench -- growth       time per operation at 1 k, 10 k and 100 k rows, keys and waiters; or: growth kv
npm run bench -- light        the light client over the SDK: processor time, cold start, one file
npm run bench -- check        compares our own time with the figures of this release`;

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
    console.log(usage);
    process.exitCode = what === 'help' ? 0 : 1;
}

async function own(): Promise<void> {
  const times = await ownTimes(rounds, part);
  printOwnTimes(times);
  if (process.argv.includes('--save')) console.log(`Saved in ${saveFigures(times)}`);
}
