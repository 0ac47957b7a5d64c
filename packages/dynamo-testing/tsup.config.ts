import { defineConfig } from 'tsup';

import { packageBuild } from '../../tsup.base.js';

// The engines are looked up from where this package lies: the CJS copy needs its own `import.meta`.
export default defineConfig(packageBuild(undefined, { shims: true }));
