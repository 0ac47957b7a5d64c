/** A decimal number, taken apart so that it has one form only. */
export interface Decimal {
  readonly negative: boolean;
  /** From the first digit that is not zero to the last one; empty for zero. */
  readonly digits: string;
  /** The power of ten of the last digit. */
  readonly exponent: number;
}

/**
 * Reads a number attribute's text. DynamoDB answers with a spelling of its own (`1E3` comes back as
 * `1000`), and a JavaScript number would merge what differs after 17 digits.
 */
export function parseDecimal(text: string): Decimal {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace(/^[-+]/, '').split('.');
  const all = whole + fraction;
  const trimmed = all.replace(/0+$/, '');
  const digits = trimmed.replace(/^0+/, '');
  if (digits === '') return { negative: false, digits, exponent: 0 };
  const exponent = Number(power) - fraction.length + (all.length - trimmed.length);
  return { negative: text.startsWith('-'), digits, exponent };
}
