import ts from 'typescript';

/** The names that a piece of code uses and does not declare, globals included. */
export function freeNames(code: string): Set<string> {
  const source = ts.createSourceFile('sample.ts', code, ts.ScriptTarget.ES2022, true);
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isMember(node)) {
      (isDeclared(node) ? declared : used).add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return new Set([...used].filter((name) => !declared.has(name)));
}

/** The modules that a piece of code imports. */
export function importedModules(code: string): string[] {
  return ts.preProcessFile(code, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The code with all that is ours imported from one package. */
export function withImportsOf(owner: string, code: string): string {
  return code.replaceAll(/(?<= from ')@x\/[^']+/g, owner);
}

/** The name of a member, which says nothing about the scope. */
function isMember(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent) || ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) {
    return parent.propertyName === node;
  }
  const isOfObject =
    ts.isPropertyAccessExpression(parent) ||
    ts.isClassElement(parent) ||
    ts.isTypeElement(parent) ||
    ts.isObjectLiteralElement(parent);
  return isOfObject && parent.name === node;
}

function isDeclared(node: ts.Identifier): boolean {
  const { parent } = node;
  return (parent as ts.NamedDeclaration).name === node && !ts.isShorthandPropertyAssignment(parent);
}
