import { InvalidInputError, jsonCodec, type AttributeValue } from '@x/dynamo-core';
import { digestOfJson, hasMethods } from '@x/dynamo-core/mechanism';

/**
 * A key for a whole event, or what else follows JSON: 43 characters that are equal for equal values,
 * in any order of their names. Throws an `InvalidInputError` for what JSON would lose, as a
 * `payload` does. It is SHA-256, and takes no request.
 *
 * @example
 * ```ts
 * import { DoOnceManager, idempotencyKey } from '@x/dynamo-do-once';
 *
 * const manager = new DoOnceManager({ tableName: 'my-partitioned-keys' });
 * const event = { type: 'paid', order: 77 };
 * await manager.doOnce('user-123', idempotencyKey(event), () => console.log(event.type));
 * ```
 */
export function idempotencyKey(value: unknown): string {
  return payloadHash(value, 'idempotencyKey', 'value');
}

/**
 * A hash of 43 characters that is equal for equal payloads: SHA-256 of their JSON with sorted keys.
 * Throws an `InvalidInputError` for what JSON would lose.
 */
export function payloadHash(value: unknown, displayKey: string, field = 'payload'): string {
  const { S: text = '' } = jsonCodec.encode(value, displayKey) as AttributeValue;
  checkVisible(value, field);
  return digestOfJson(text);
}

/** Throws for objects whose JSON leaves out what they are about: all of them would have one hash. */
function checkVisible(part: unknown, path: string): void {
  if (typeof part !== 'object' || part === null || hasMethods(part, 'toJSON')) return;
  if (!Array.isArray(part) && hidesState(part)) {
    throw new InvalidInputError(path, part, 'without hidden state; or give its class a toJSON', {
      isData: true,
    });
  }
  for (const [name, inner] of Object.entries(part)) checkVisible(inner, `${path}.${name}`);
}

/** Private fields show in nothing but the source of their class, as it is written or compiled. */
const privateFields = /#[\w$]|WeakMap|\.set\(this|[Pp]rivate(Add|Field)/;

function hidesState(part: object): boolean {
  const names = Object.keys(part);
  if (Reflect.ownKeys(part).length > names.length) return true;
  const classes = classesOf(part);
  return classes.length > 0 && (names.length === 0 || classes.some((c) => privateFields.test(c)));
}

/** The sources of the classes of an object; none for a plain one. */
function classesOf(part: object): string[] {
  const prototype = Object.getPrototypeOf(part) as object | null;
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return [];
  return [String(prototype.constructor), ...classesOf(prototype)];
}
