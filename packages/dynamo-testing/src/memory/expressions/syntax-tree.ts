/** A step of a path: an attribute's name (or its `#placeholder`), or an index into a list. */
export type PathStep = string | number;

/** A path into an item, such as `a.#b[3]`. It has at least one step, the first of them a name. */
export type Path = readonly PathStep[];

/** What a condition compares. */
export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly placeholder: string }
  | { readonly kind: 'size'; readonly operand: Operand };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** The functions that are conditions by themselves. */
export type Predicate =
  | 'attribute_exists'
  | 'attribute_not_exists'
  | 'attribute_type'
  | 'begins_with'
  | 'contains';

/** A condition, a filter or a key condition. */
export type Condition =
  | {
      readonly kind: 'compare';
      readonly comparator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | {
      readonly kind: 'between';
      readonly operand: Operand;
      readonly low: Operand;
      readonly high: Operand;
    }
  | { readonly kind: 'in'; readonly operand: Operand; readonly candidates: readonly Operand[] }
  | { readonly kind: 'call'; readonly predicate: Predicate; readonly operands: readonly Operand[] }
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly condition: Condition };

/** What a `SET` action assigns. */
export type UpdateOperand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly placeholder: string }
  | { readonly kind: 'if_not_exists'; readonly path: Path; readonly otherwise: UpdateOperand }
  | { readonly kind: 'list_append'; readonly left: UpdateOperand; readonly right: UpdateOperand }
  | {
      readonly kind: 'arithmetic';
      readonly operator: '+' | '-';
      readonly left: UpdateOperand;
      readonly right: UpdateOperand;
    };

/** One action of an update expression. */
export type UpdateAction =
  | { readonly kind: 'SET'; readonly path: Path; readonly operand: UpdateOperand }
  | { readonly kind: 'REMOVE'; readonly path: Path }
  | { readonly kind: 'ADD' | 'DELETE'; readonly path: Path; readonly placeholder: string };

/** A parsed expression and the placeholders that it uses. Immutable, so that it can be cached. */
export interface Parsed<Tree> {
  /** What the expression is called in messages, such as `"ConditionExpression"`. */
  readonly what: string;
  readonly tree: Tree;
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}
