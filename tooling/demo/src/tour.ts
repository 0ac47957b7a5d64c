import { toTransport } from '@x/dynamo-core/mechanism';
import { recorded } from '@x/recorder';

import type { OpenDynamo } from './open-dynamo.js';
import type { Printer } from './printer.js';
import type { Scene } from './scene.js';
import { createShow } from './show.js';

/** Shows the scenes in order and resolves to the titles of those that failed. */
export async function goOnTour(
  scenes: readonly Scene[],
  dynamo: Pick<OpenDynamo, 'client' | 'endpoint'>,
  printer: Printer,
): Promise<string[]> {
  const direct = toTransport(dynamo.client());
  const failed: string[] = [];
  for (const [index, scene] of scenes.entries()) {
    printer.title(index + 1, scenes.length, scene);
    try {
      const sent = recorded(direct, { capacity: true });
      await scene.run(createShow({ sent, direct, printer, ...dynamo }));
    } catch (error) {
      printer.failure(scene, error);
      failed.push(scene.title);
    }
  }
  return failed;
}
