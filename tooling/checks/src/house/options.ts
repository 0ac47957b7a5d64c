import ts from 'typescript';

import { readSources } from '../workspace.js';
import type { Rule } from './rule.js';
import { parse, placeOf } from './syntax.js';

/** An option that is read from somewhere may be `undefined`: with `exactOptionalPropertyTypes`, too. */
export const options: Rule = {
  name: 'every optional property of an options type takes undefined',
  problems: (workspace) =>
    workspace.published.flatMap((member) =>
      readSources(workspace, member).map(parse).flatMap(strictOptions),
    ),
};

function strictOptions(source: ts.SourceFile): string[] {
  return source.statements
    .filter((each) => ts.isInterfaceDeclaration(each))
    .filter(({ name }) => /(Options|Props)$/.test(name.text))
    .flatMap((each) =>
      each.members
        .filter((member) => ts.isPropertySignature(member))
        .filter((member) => member.questionToken !== undefined && !takesUndefined(member, each))
        .map(
          (member) =>
            `${placeOf(source, member)} ${each.name.text}.${member.name.getText(source)} does not`,
        ),
    );
}

function takesUndefined(
  { type }: ts.PropertySignature,
  { typeParameters }: ts.InterfaceDeclaration,
): boolean {
  if (type === undefined) return true;
  const parts = ts.isUnionTypeNode(type) ? [...type.types] : [type];
  const texts = parts.map((part) => part.getText());
  const parameters = typeParameters?.map(({ name }) => name.text) ?? [];
  return texts.some((text) => ['undefined', 'unknown', ...parameters].includes(text));
}
