import type { Step } from '../step.js';

/** The tour in its order. A new primitive adds its step here. */
export const steps: readonly Step[] = [];
