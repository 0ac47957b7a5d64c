import { defineConfig } from 'tsup';

import { packageBuild } from '../../tsup.base.js';

export default defineConfig(
  packageBuild([
    'src/index.ts',
    'src/mechanism.ts',
    'src/document-codec.ts',
    'src/sdk-transport.ts',
    'src/no-sdk-transport.ts',
  ]),
);
