import { parseArgs } from 'node:util';

import { InvalidInputError } from '@x/dynamo-core';

import type { SoakOptions } from './run/soak-options.js';
import { workloads } from './workloads/workloads.js';

/** What the command line asks for. */
export interface SoakArguments extends Pick<SoakOptions, 'seed' | 'clients' | 'workloads'> {
  readonly minutes: number;
  readonly engine: string | undefined;
  readonly broken: readonly string[];
}

const clientsDefault = 6;

/** Reads the command line. Throws an `InvalidInputError` for what it does not understand. */
export function parseArguments(args: readonly string[]): SoakArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '1' },
      engine: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      clients: { type: 'string', default: String(clientsDefault) },
      only: { type: 'string', multiple: true },
      break: { type: 'string', multiple: true, default: [] },
    },
  });
  const all = workloads.map(({ name }) => name);
  return {
    minutes: numberOf('--minutes', values.minutes, 'a number above 0', (n) => n > 0),
    engine: values.engine,
    seed: numberOf('--seed', values.seed, 'a whole number', (n) => n >= 0 && n <= 0xffffffff),
    clients: numberOf('--clients', values.clients, 'a number from 2 to 8', isCrowd),
    workloads: namesOf('--only', values.only ?? all, all),
    broken: namesOf('--break', values.break.includes('all') ? all : values.break, all),
  };
}

/** With more, the histories of a key would be too long to be judged. */
function isCrowd(clients: number): boolean {
  return Number.isInteger(clients) && clients >= 2 && clients <= 8;
}

function numberOf(
  field: string,
  text: string,
  allowed: string,
  isAllowed: (number: number) => boolean,
): number {
  const number = Number(text);
  if (text === '' || !isAllowed(number)) throw new InvalidInputError(field, text, allowed);
  return number;
}

function namesOf(
  field: string,
  names: readonly string[],
  all: readonly string[],
): readonly string[] {
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new InvalidInputError(field, unknown, `one of ${all.join(', ')}`);
  return names;
}
