import { validationError } from '../service-errors.js';

/** An exact number: `coefficient × 10^exponent`, without trailing zeros in the coefficient. */
export interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

const digitsMax = 38;
/** The power of ten of the first digit lies between these. */
const magnitudeMin = -130;
const magnitudeMax = 125;

const syntax = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Integers that are written the canonical way already, by far the most common numbers. */
const plainInteger = /^(?:0|-?[1-9]\d{0,37})$/;

/** The canonical text of a number, so that equal numbers have equal texts. */
export function canonicalNumber(text: string): string {
  return plainInteger.test(text) ? text : formatDecimal(parseDecimal(text));
}

/** Reads a number as DynamoDB does; more than 38 digits or a magnitude out of range is refused. */
export function parseDecimal(text: string): Decimal {
  const match = syntax.exec(text);
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (!match || whole.length + fraction.length === 0) {
    throw validationError(
      `The parameter cannot be converted to a numeric value${text === '' ? '' : `: ${text}`}`,
    );
  }
  const digits = BigInt(whole + fraction);
  const coefficient = match[1] === '-' ? -digits : digits;
  return checkRange(withoutTrailingZeros(coefficient, Number(match[4] ?? 0) - fraction.length));
}

/** `left + right`, exactly. */
export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const exponent = Math.min(left.exponent, right.exponent);
  return checkRange(
    withoutTrailingZeros(scaledTo(left, exponent) + scaledTo(right, exponent), exponent),
  );
}

/** `-value`. */
export function negateDecimal(value: Decimal): Decimal {
  return { coefficient: -value.coefficient, exponent: value.exponent };
}

/** Negative, zero or positive as `left` is less than, equal to or greater than `right`. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const exponent = Math.min(left.exponent, right.exponent);
  const difference = scaledTo(left, exponent) - scaledTo(right, exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The number in plain notation, without an exponent. */
export function formatDecimal({ coefficient, exponent }: Decimal): string {
  const sign = coefficient < 0n ? '-' : '';
  const digits = digitsOf(coefficient);
  if (exponent >= 0) return sign + digits + '0'.repeat(exponent);
  const padded = digits.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** The significant digits, without a sign. */
export function digitsOf(coefficient: bigint): string {
  return String(coefficient < 0n ? -coefficient : coefficient);
}

function scaledTo({ coefficient, exponent }: Decimal, target: number): bigint {
  return coefficient * 10n ** BigInt(exponent - target);
}

function withoutTrailingZeros(coefficient: bigint, exponent: number): Decimal {
  if (coefficient === 0n) return { coefficient, exponent: 0 };
  const zeros = /0*$/.exec(String(coefficient))?.[0].length ?? 0;
  if (zeros === 0) return { coefficient, exponent };
  return { coefficient: coefficient / 10n ** BigInt(zeros), exponent: exponent + zeros };
}

function checkRange(value: Decimal): Decimal {
  if (value.coefficient === 0n) return value;
  const digits = digitsOf(value.coefficient).length;
  const magnitude = value.exponent + digits - 1;
  if (magnitude > magnitudeMax) {
    throw validationError(
      'Number overflow. Attempting to store a number with magnitude larger than supported range',
    );
  }
  if (magnitude < magnitudeMin) {
    throw validationError(
      'Number underflow. Attempting to store a number with magnitude smaller than supported range',
    );
  }
  if (digits > digitsMax) {
    throw validationError('Attempting to store more than 38 significant digits in a Number');
  }
  return value;
}
