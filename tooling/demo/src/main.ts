// One scene per package, on an engine of its own: npm run demo
import { demo } from './demo.js';

// The reader has seen enough (`npm run demo | head`); an engine ends with its process.
process.stdout.once('error', () => process.exit(1));
process.exitCode = await demo(process.argv.slice(2));
