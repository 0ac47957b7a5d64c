import type { Dynamo } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';

import type { Printer } from './printer.js';
import { RequestRecorder } from './request-recorder.js';
import { createShow } from './show.js';
import type { Step } from './step.js';

/** Goes through the steps in order and resolves to the titles of those that failed. */
export async function goOnTour(
  steps: readonly Step[],
  dynamo: Dynamo,
  printer: Printer,
): Promise<string[]> {
  const direct = toTransport(dynamo);
  const failed: string[] = [];
  for (const [index, step] of steps.entries()) {
    printer.stepTitle(index + 1, steps.length, step);
    try {
      await step.run(createShow(new RequestRecorder(direct), direct, printer));
    } catch (error) {
      printer.failure(step, error);
      failed.push(step.title);
    }
  }
  return failed;
}
