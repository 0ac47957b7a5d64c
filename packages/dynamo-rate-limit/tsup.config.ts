import { defineConfig } from 'tsup';

import { packageBuild } from '../../tsup.base.js';

export default defineConfig(
  packageBuild([
    'src/express.ts',
    'src/hono.ts',
    'src/fastify.ts',
    'src/nest.ts',
    'src/headers.ts',
  ]),
);
