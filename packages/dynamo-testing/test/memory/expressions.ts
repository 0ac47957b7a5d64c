import type { EngineName } from '@x/dynamo-testing';
import * as fc from 'fast-check';

import { conditions, Placeholders, projections, updates, type Fragment } from './fragments.js';

/** What expressions add to a request. */
export interface Part {
  readonly fields: Record<string, unknown>;
  readonly disputedOn: readonly EngineName[];
}

/** Puts fragments together to the expressions of one request. */
export function expressions(
  parts: Readonly<Record<string, readonly Fragment[]>>,
  joined = ' AND ',
): Part {
  const placeholders = new Placeholders();
  const texts = Object.entries(parts)
    .filter(([, fragments]) => fragments.length > 0)
    .map(([field, fragments]) => [
      field,
      fragments.map(({ text }) => text(placeholders)).join(joined),
    ]);
  return {
    fields: { ...Object.fromEntries(texts), ...placeholders.fields() },
    disputedOn: Object.values(parts).flatMap((fragments) =>
      fragments.flatMap(({ disputedOn }) => disputedOn),
    ),
  };
}

/** Mostly what is valid: a sequence of refusals changes nothing. */
export function choose(fragments: readonly Fragment[]): fc.Arbitrary<Fragment> {
  return fc.oneof(
    { weight: 15, arbitrary: fc.constantFrom(...fragments.filter((each) => !each.isInvalid)) },
    { weight: 1, arbitrary: fc.constantFrom(...fragments.filter((each) => each.isInvalid)) },
  );
}

const combined: fc.Arbitrary<Fragment> = fc
  .tuple(
    choose(conditions),
    choose(conditions),
    fc.constantFrom('first', 'AND', 'OR', 'NOT', 'group'),
  )
  .map(([one, two, how]) => {
    if (how === 'first') return one;
    return {
      disputedOn: [...one.disputedOn, ...two.disputedOn],
      isInvalid: one.isInvalid || two.isInvalid,
      text: (p: Placeholders) => {
        const [left, right] = [one.text(p), two.text(p)];
        if (how === 'NOT') return `NOT ${left} OR ${right}`;
        if (how === 'group') return `NOT (${left} AND ${right})`;
        return `${left} ${how} ${right}`;
      },
    };
  });
/** None or one, of one or two comparisons. */
export const condition: fc.Arbitrary<Fragment[]> = fc
  .option(combined, { nil: undefined })
  .map((given) => (given ? [given] : []));
/** None or one. */
export const projection: fc.Arbitrary<Fragment[]> = fc
  .option(choose(projections), { nil: undefined })
  .map((given) => (given ? [given] : []));

const section = (name: keyof typeof updates): fc.Arbitrary<Fragment | undefined> =>
  fc.option(
    fc.array(choose(updates[name]), { minLength: 1, maxLength: 2 }).map((fragments) => ({
      disputedOn: fragments.flatMap(({ disputedOn }) => disputedOn),
      isInvalid: fragments.some(({ isInvalid }) => isInvalid),
      text: (p: Placeholders) => `${name} ${fragments.map(({ text }) => text(p)).join(', ')}`,
    })),
    { nil: undefined, freq: name === 'SET' ? 4 : 1 },
  );
/** None or one, with one to four sections. */
export const update: fc.Arbitrary<Fragment[]> = fc
  .tuple(section('SET'), section('REMOVE'), section('ADD'), section('DELETE'))
  .map((sections) => sections.filter((each) => each !== undefined))
  .map((sections) => {
    if (sections.length === 0) return [];
    const disputedOn = sections.flatMap((each) => each.disputedOn);
    const isInvalid = sections.some((each) => each.isInvalid);
    return [{ disputedOn, isInvalid, text: (p) => sections.map(({ text }) => text(p)).join(' ') }];
  });
