import type { Parsed, UpdateAction, UpdateOperand } from './syntax-tree.js';
import { TokenCursor } from './token-cursor.js';

const what = 'UpdateExpression';
const operatorsMax = 300;
const conditionFunctions: ReadonlySet<string> = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
  'size',
]);
const clauses = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;

/** Parses an update expression into its actions, in the order in which they were written. */
export function parseUpdate(expression: string): Parsed<readonly UpdateAction[]> {
  const cursor = new TokenCursor(expression, what);
  const tree: UpdateAction[] = [];
  const seen = new Set<string>();
  do {
    const clause = clauses.find((keyword) => cursor.takeKeyword(keyword));
    if (clause === undefined) throw cursor.syntaxError();
    if (seen.has(clause)) {
      throw cursor.error(`The "${clause}" section can only be used once in an update expression;`);
    }
    seen.add(clause);
    do tree.push(takeAction(cursor, clause));
    while (cursor.takeSymbol(','));
  } while (cursor.peek().kind !== 'end');
  const operators = tree.reduce(
    (count, action) => count + (action.kind === 'SET' ? operatorsIn(action.operand) : 0),
    0,
  );
  if (operators > operatorsMax) {
    throw cursor.error(`The expression contains too many operators; operator count: ${operators}`);
  }
  return cursor.parsed(tree);
}

function operatorsIn(operand: UpdateOperand): number {
  switch (operand.kind) {
    case 'path':
    case 'value':
      return 0;
    case 'if_not_exists':
      return 1 + operatorsIn(operand.otherwise);
    case 'list_append':
    case 'arithmetic':
      return 1 + operatorsIn(operand.left) + operatorsIn(operand.right);
  }
}

function takeAction(cursor: TokenCursor, clause: (typeof clauses)[number]): UpdateAction {
  const path = cursor.takePath();
  if (clause === 'REMOVE') return { kind: clause, path };
  if (clause === 'SET') {
    cursor.expectSymbol('=');
    return { kind: clause, path, operand: takeAssigned(cursor) };
  }
  const { kind, text } = cursor.peek();
  if (kind !== 'value') throw cursor.syntaxError();
  cursor.take();
  return { kind: clause, path, placeholder: text };
}

/** A group around a whole assignment may hold arithmetic, one around an operand may not. */
function takeAssigned(cursor: TokenCursor): UpdateOperand {
  const { kind, text } = cursor.peek();
  const behind = cursor.peekBehindGroup().text;
  if (kind === 'symbol' && text === '(' && behind !== '+' && behind !== '-') {
    return cursor.takeGroup(() => takeAssigned(cursor));
  }
  const left = takeOperand(cursor);
  const operator = (['+', '-'] as const).find((symbol) => cursor.takeSymbol(symbol));
  return operator === undefined
    ? left
    : { kind: 'arithmetic', operator, left, right: takeOperand(cursor) };
}

function takeOperand(cursor: TokenCursor): UpdateOperand {
  const { kind, text } = cursor.peek();
  if (kind === 'value') {
    cursor.take();
    return { kind: 'value', placeholder: text };
  }
  if (kind === 'symbol' && text === '(') return cursor.takeGroup(() => takeOperand(cursor));
  if (kind !== 'word' || cursor.peek(1).text !== '(') {
    return { kind: 'path', path: cursor.takePath() };
  }
  return takeCall(cursor, text);
}

function takeCall(cursor: TokenCursor, name: string): UpdateOperand {
  if (name !== 'if_not_exists' && name !== 'list_append') {
    throw cursor.error(
      conditionFunctions.has(name)
        ? `The function is not allowed in an update expression; function: ${name}`
        : `Invalid function name; function: ${name}`,
    );
  }
  cursor.take();
  cursor.expectSymbol('(');
  const operands = [takeOperand(cursor)];
  while (cursor.takeSymbol(',')) operands.push(takeOperand(cursor));
  cursor.expectSymbol(')');
  if (operands.length !== 2) {
    throw cursor.error(
      `Incorrect number of operands for operator or function; operator or function: ${name}, ` +
        `number of operands: ${operands.length}`,
    );
  }
  const [first, second] = operands as [UpdateOperand, UpdateOperand];
  if (first.kind === 'list_append' || second.kind === 'list_append') {
    throw cursor.error(
      'The function is not allowed to be used this way in an expression; function: list_append',
    );
  }
  if (name === 'list_append') return { kind: name, left: first, right: second };
  if (first.kind !== 'path') {
    throw cursor.error(
      'Operator or function requires a document path; operator or function: if_not_exists',
    );
  }
  return { kind: name, path: first.path, otherwise: second };
}
