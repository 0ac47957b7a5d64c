import { resolvePath, type Placeholders } from './placeholders.js';
import type { Condition, Operand } from './syntax-tree.js';

/** The names of the top-level attributes that a condition looks at. */
export function attributesOf(condition: Condition, placeholders: Placeholders): string[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [
        ...attributesOf(condition.left, placeholders),
        ...attributesOf(condition.right, placeholders),
      ];
    case 'not':
      return attributesOf(condition.condition, placeholders);
    case 'compare':
      return attributesIn([condition.left, condition.right], placeholders);
    case 'between':
      return attributesIn([condition.operand, condition.low, condition.high], placeholders);
    case 'in':
      return attributesIn([condition.operand, ...condition.candidates], placeholders);
    case 'call':
      return attributesIn(condition.operands, placeholders);
  }
}

function attributesIn(operands: readonly Operand[], placeholders: Placeholders): string[] {
  return operands.flatMap((operand) => {
    if (operand.kind === 'value') return [];
    if (operand.kind === 'size') return attributesIn([operand.operand], placeholders);
    return [resolvePath(operand.path, placeholders)[0] as string];
  });
}
