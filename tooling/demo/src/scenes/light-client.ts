import { KeyValueTable } from '@x/dynamo-kv';
import { LightClient } from '@x/dynamo-light-client';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Without the SDK: @x/dynamo-light-client',
  why: 'Signs, sends and repeats by itself, for a Lambda that loads as little as it needs.',
  run: async (show) => {
    const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' };
    const region = 'us-east-1';
    const client = new LightClient({ region, endpoint: show.endpoint, credentials });
    const kv = new KeyValueTable({ tableName: 'keys', namespace: 'light', dynamo: client });

    await show(() => kv.set('theme', 'dark'));
    await show(() => kv.get('theme'));
    show.note('Errors are those of the SDK, by name and by what they carry:');
    const absent = new KeyValueTable({ tableName: 'absent', namespace: 'a', dynamo: client });
    await show.refused(() => absent.get('theme'));
    show.note('Secrets are in no error, no log and no inspect:');
    await show(() => client);
    client.destroy();
  },
};
