import { types } from 'node:util';

import type { AttributeValue, Item } from '@x/dynamo-core';

import { Constraints } from '../constraints.js';
import { serializationError, validationError } from '../service-errors.js';
import { noStructure, wrongKind } from '../wrong-kind.js';
import { elementKey } from './compare-values.js';
import { setAttribute } from './copy-value.js';
import { canonicalNumber } from './decimal.js';
import { valueTypes, type ValueType } from './value-type.js';

const depthMax = 31;

/** Checks an item on its way in and returns a copy in which every number is canonical. */
export function acceptItem(item: unknown, what: string, depth = 0): Item {
  new Constraints().present(item ?? undefined, what.toLowerCase()).check();
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw wrongKind('map', item);
  }
  const copy: Item = {};
  for (const [name, value] of Object.entries(item)) {
    // The SDK leaves `undefined` out when it writes a request.
    if (value === undefined) continue;
    if (name === '') throw validationError('Empty attribute name');
    setAttribute(copy, string(name), acceptValue(value, depth));
  }
  return copy;
}

/** Refuses an item that became too deep by an update. */
export function checkDepth(item: Item, depth = 0): void {
  for (const value of Object.values(item)) checkValueDepth(value, depth);
}

function checkValueDepth(value: AttributeValue, depth: number): void {
  if (depth > depthMax) throw tooDeep();
  if (value.M) checkDepth(value.M, depth + 1);
  if (value.L) for (const element of value.L) checkValueDepth(element, depth + 1);
}

function tooDeep(): Error {
  return validationError(
    'Nesting Levels have exceeded supported limits: ' +
      'Attributes in the item have nested levels beyond supported limit',
  );
}

/** {@link acceptItem} for one value. */
export function acceptValue(value: unknown, depth = 0): AttributeValue {
  if (depth > depthMax) throw tooDeep();
  const [type, content] = onlyMember(value);
  switch (type) {
    case 'S':
      return { S: string(content) };
    case 'N':
      return { N: canonicalNumber(string(content)) };
    case 'B':
      return { B: bytes(content) };
    case 'BOOL':
      if (typeof content !== 'boolean') throw wrongKind('boolean', content);
      return { BOOL: content };
    case 'NULL':
      if (content !== true) {
        throw validationError(
          'One or more parameter values were invalid: ' +
            'Null attribute value types must have the value of true',
        );
      }
      return { NULL: true };
    case 'L':
      return { L: array(content).map((element) => acceptValue(element, depth + 1)) };
    case 'M':
      return { M: acceptItem(content, 'M', depth + 1) };
    case 'SS':
      return { SS: distinct(array(content).map(string), type) };
    case 'NS':
      return {
        NS: distinct(
          array(content).map((n) => canonicalNumber(string(n))),
          type,
        ),
      };
    case 'BS':
      return { BS: distinct(array(content).map(bytes), type) };
  }
}

function onlyMember(value: unknown): [ValueType, unknown] {
  const isAbsent = value === null || value === undefined;
  if (!isAbsent && (typeof value !== 'object' || Array.isArray(value))) throw noStructure();
  const members =
    typeof value === 'object' && value !== null
      ? Object.entries(value).filter(([, content]) => content !== undefined && content !== null)
      : [];
  const [type, content] = members[0] ?? [];
  if (members.length > 1) {
    throw validationError(
      'Supplied AttributeValue has more than one datatypes set, ' +
        'must contain exactly one of the supported datatypes',
    );
  }
  if (!valueTypes.includes(type as ValueType)) {
    throw validationError(
      'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes',
    );
  }
  return [type as ValueType, content];
}

function string(content: unknown): string {
  if (typeof content !== 'string') throw wrongKind('string', content);
  // UTF-8 has no halves of surrogate pairs.
  if (!content.isWellFormed()) throw serializationError('');
  return content;
}

function bytes(content: unknown): Uint8Array {
  if (types.isUint8Array(content)) return Uint8Array.from(content);
  throw serializationError('only base-64-encoded strings are convertible to bytes');
}

function array(content: unknown): readonly unknown[] {
  if (!Array.isArray(content)) throw wrongKind('list', content);
  return content;
}

type SetType = 'SS' | 'NS' | 'BS';

/** DynamoDB has words of its own for each kind of set. */
const emptySets: Readonly<Record<SetType, string>> = {
  SS: 'An string set  may not be empty',
  NS: 'An number set  may not be empty',
  BS: 'Binary sets should not be empty',
};

function distinct<E extends string | Uint8Array>(elements: E[], type: SetType): E[] {
  const invalid = 'One or more parameter values were invalid: ';
  if (elements.length === 0) throw validationError(invalid + emptySets[type]);
  if (new Set(elements.map(elementKey)).size === elements.length) return elements;
  if (type === 'NS') throw validationError('Input collection contains duplicates');
  const shown = elements.map((e) =>
    typeof e === 'string' ? e : Buffer.from(e).toString('base64'),
  );
  const kind = type === 'BS' ? 'of type BS ' : ' ';
  throw validationError(
    `${invalid}Input collection [${shown.join(', ')}]${kind}contains duplicates.`,
  );
}
