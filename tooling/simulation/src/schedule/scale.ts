import { InvalidInputError } from '@x/dynamo-core';

/** By how much `SIM_SCALE` multiplies the number of schedules; 1 when it is not set. */
export function scaleFromEnvironment(): number {
  const wanted = process.env['SIM_SCALE'];
  if (wanted === undefined) return 1;
  if (!/^[1-9]\d{0,5}$/.test(wanted)) {
    throw new InvalidInputError('SIM_SCALE', wanted, 'a whole number from 1 to 999999');
  }
  return Number(wanted);
}
