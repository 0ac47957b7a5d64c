import type { EngineName } from '@x/dynamo-testing';
import { N, S, type AttributeValue, type Item } from '@x/dynamo-core';

/** Collects the placeholders of a request while its expressions are put together. */
export class Placeholders {
  readonly #values: Item = {};
  readonly #names: Record<string, string> = {};

  /** A placeholder for a value. */
  value(value: AttributeValue): string {
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }

  /** A placeholder for a name. */
  name(name: string): string {
    const placeholder = `#n${Object.keys(this.#names).length}`;
    this.#names[placeholder] = name;
    return placeholder;
  }

  /** The fields of the request that define them. */
  fields(): Record<string, unknown> {
    return {
      ...(Object.keys(this.#values).length > 0 && { ExpressionAttributeValues: this.#values }),
      ...(Object.keys(this.#names).length > 0 && { ExpressionAttributeNames: this.#names }),
    };
  }
}

/** A part of an expression. */
export interface Fragment {
  readonly text: (placeholders: Placeholders) => string;
  /** The engines that are known to judge it in another way than DynamoDB (docs/engines.md). */
  readonly disputedOn: readonly EngineName[];
  /** DynamoDB refuses it without looking at a row. */
  readonly isInvalid: boolean;
}

type Text = Fragment['text'];
const agreed = (text: Text): Fragment => ({ text, disputedOn: [], isInvalid: false });
const refused = (text: Text): Fragment => ({ text, disputedOn: [], isInvalid: true });
const disputed = (on: EngineName, text: Text): Fragment => ({ ...agreed(text), disputedOn: [on] });
/** Refused by DynamoDB, and not by an engine. */
const accepted = (on: EngineName, text: Text): Fragment => ({ ...refused(text), disputedOn: [on] });
const set = { SS: ['x', 'y'] };
const bytes = { B: Uint8Array.of(1, 2) };

/** Conditions over the attributes that the commands write, true and false ones, valid and not. */
export const conditions: readonly Fragment[] = [
  ...['=', '<>', '<', '<=', '>', '>='].flatMap((comparator) => [
    agreed((p) => `n ${comparator} ${p.value(N(2))}`),
    agreed((p) => `${p.value(N(2))} ${comparator} n`),
    agreed((p) => `s ${comparator} ${p.value(S('x'))}`),
    agreed(() => `m.x ${comparator} n`),
    agreed((p) => `size(${p.name('s')}) ${comparator} ${p.value(N(3))}`),
    agreed((p) => `b ${comparator} ${p.value(bytes)}`),
    accepted('dynoxide', (p) => `n ${comparator} n AND n = ${p.value(N(1))}`),
  ]),
  agreed(() => 'attribute_exists(pk)'),
  agreed(() => 'attribute_not_exists(pk)'),
  agreed(() => 'attribute_exists(l[1])'),
  agreed((p) => `attribute_not_exists(${p.name('m')}.x)`),
  agreed((p) => `attribute_type(n, ${p.value(S('N'))})`),
  agreed((p) => `n BETWEEN ${p.value(N(1))} AND ${p.value(N(3))}`),
  agreed((p) => `s IN (${p.value(S('x'))}, ${p.value(N(1))}, z)`),
  agreed((p) => `begins_with(s, ${p.value(S('x'))})`),
  agreed((p) => `begins_with(b, ${p.value({ B: Uint8Array.of(1) })})`),
  agreed((p) => `contains(s, ${p.value(S('y'))})`),
  agreed((p) => `contains(ss, ${p.value(S('y'))})`),
  agreed((p) => `contains(ns, ${p.value(N(2))})`),
  agreed((p) => `contains(l, ${p.value(N(2))})`),
  agreed((p) => `ss = ${p.value({ SS: ['y', 'x'] })}`),
  agreed((p) => `m = ${p.value({ M: { x: N(1) } })}`),
  agreed((p) => `l = ${p.value({ L: [N(1), N(2)] })}`),
  agreed((p) => `n = ${p.value({ N: '2.00' })}`),
  agreed((p) => `n = ${p.value({ N: '0.2e1' })}`),
  agreed((p) => `z <> ${p.value({ NULL: true })}`),
  agreed(() => 'size(l) > m.x'),
  agreed(() => 'size(n) > m.x'),
  // What DynamoDB refuses before it looks at the row.
  refused((p) => `data = ${p.value(N(1))}`),
  refused((p) => `n = ${p.value(N(1))} AND`),
  refused((p) => `((n = ${p.value(N(1))}))`),
  refused((p) => `unknown(n, ${p.value(N(1))})`),
  refused((p) => `n = ${p.value({ N: 'x' })}`),
  refused(() => 'attribute_exists(n, s)'),
  // dynoxide looks for these only where it comes to them while it evaluates.
  accepted('dynoxide', () => 'n = :undefined'),
  accepted('dynoxide', () => '#undefined = n'),
  accepted('dynoxide', (p) => {
    p.value(S('used by nothing'));
    return 'n = s';
  }),
  accepted('dynoxide', (p) => `n = ${p.value({ SS: [] })}`),
  accepted('dynoxide', (p) => `n BETWEEN ${p.value(N(3))} AND ${p.value(N(1))}`),
  accepted('dynoxide', (p) => `n < ${p.value({ BOOL: true })}`),
  accepted('dynoxide', (p) => `attribute_type(n, ${p.value(S('X'))})`),
];

/** What may stand in the sections of an update. */
export const updates: Readonly<Record<'SET' | 'REMOVE' | 'ADD' | 'DELETE', readonly Fragment[]>> = {
  SET: [
    agreed((p) => `n = ${p.value(N(2))}`),
    agreed((p) => `n = n + ${p.value({ N: '0.1' })}`),
    agreed((p) => `n = if_not_exists(n, ${p.value(N(0))}) - ${p.value(N(1))}`),
    agreed((p) => `n = ${p.value(N(7))} - n`),
    agreed((p) => `n = s + ${p.value(N(1))}`),
    agreed((p) => `n = n + ${p.value({ N: '12345678901234567890123456789012345678' })}`),
    agreed((p) => `${p.name('s')} = ${p.value(S('xyz'))}`),
    agreed(() => 's = z'),
    agreed(() => 'q = m'),
    agreed((p) => `m.x = ${p.value(N(1))}`),
    agreed((p) => `m = ${p.value({ M: { x: N(1), y: { L: [] } } })}`),
    agreed((p) => `l = ${p.value({ L: [N(1), N(2), N(3)] })}`),
    agreed((p) => `l[0] = ${p.value(N(9))}`),
    disputed('dynoxide', (p) => `l[7] = ${p.value(N(9))}`),
    agreed((p) => `l = list_append(l, ${p.value({ L: [N(4)] })})`),
    agreed((p) => `l = list_append(if_not_exists(l, ${p.value({ L: [] })}), l)`),
    agreed((p) => `ss = ${p.value(set)}`),
    agreed((p) => `ns = ${p.value({ NS: ['1', '2.50'] })}`),
    agreed((p) => `b = ${p.value(bytes)}`),
    agreed((p) => `p = ${p.value(S('p'.repeat(1100)))}`),
    refused((p) => `pk = ${p.value(S('other'))}`),
    refused((p) => `n = n * ${p.value(N(2))}`),
    refused((p) => `s = ${p.value(S('a'))}, s = ${p.value(S('b'))}`),
  ],
  REMOVE: [
    agreed(() => 'n'),
    agreed((p) => p.name('s')),
    agreed(() => 'z'),
    agreed(() => 'l[0]'),
    agreed(() => 'p'),
    disputed('dynoxide', () => 'l[0], l[1]'),
    disputed('dynoxide', () => 'm.x'),
    disputed('dynoxide', () => 's.x'),
    refused(() => 'pk'),
  ],
  ADD: [
    agreed((p) => `n ${p.value(N(3))}`),
    agreed((p) => `n ${p.value({ N: '-0.5' })}`),
    agreed((p) => `c ${p.value(N(1))}`),
    agreed((p) => `ss ${p.value({ SS: ['y', 'z'] })}`),
    agreed((p) => `ns ${p.value({ NS: ['2', '3'] })}`),
    agreed((p) => `m.x ${p.value(N(1))}`),
    refused((p) => `s ${p.value(S('x'))}`),
  ],
  DELETE: [
    agreed((p) => `ss ${p.value({ SS: ['y'] })}`),
    agreed((p) => `ss ${p.value({ SS: ['x', 'y', 'z'] })}`),
    agreed((p) => `ns ${p.value({ NS: ['1'] })}`),
    refused((p) => `n ${p.value(N(1))}`),
  ],
};

/** What a read may ask for. */
export const projections: readonly Fragment[] = [
  agreed(() => 'pk'),
  agreed(() => 'n, s'),
  agreed((p) => `${p.name('m')}.x, l[1], l[0]`),
  agreed(() => 'm.y[0], z'),
  refused(() => 'm, m.x'),
  refused(() => 'data'),
  refused(() => 'l[0], l[0]'),
];

/** Key conditions for the table of the tests. */
export function keyConditions(partition: AttributeValue): readonly Fragment[] {
  const pk = (p: Placeholders): string => `pk = ${p.value(partition)}`;
  return [
    agreed(pk),
    ...['=', '<', '>'].map((comparator) =>
      agreed((p) => `${pk(p)} AND sk ${comparator} ${p.value(N(2))}`),
    ),
    // DynamoDB Local knows that nothing follows the inclusive end.
    ...['<=', '>='].map((comparator) =>
      disputed('dynamodb-local', (p) => `${pk(p)} AND sk ${comparator} ${p.value(N(2))}`),
    ),
    disputed(
      'dynamodb-local',
      (p) => `${pk(p)} AND sk BETWEEN ${p.value(N(1))} AND ${p.value(N(2))}`,
    ),
    refused((p) => `${pk(p)} AND sk <> ${p.value(N(2))}`),
    refused((p) => `${pk(p)} OR sk = ${p.value(N(2))}`),
    refused((p) => `${pk(p)} AND n = ${p.value(N(2))}`),
    refused((p) => `sk = ${p.value(N(2))}`),
    refused((p) => `pk > ${p.value(partition)}`),
    accepted('dynoxide', (p) => `${pk(p)} AND sk = ${p.value(S('2'))}`),
    disputed('dynoxide', (p) => `sk = ${p.value(N(2))} AND ${pk(p)}`),
  ];
}
