/** Where something stands in a JSON text, as a person's editor counts: lines from 1. Nothing of the text itself is ever told: it may be a key. */
import { findNodeAtLocation, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';

const STRICT = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false } as const;

/** The first mistake of a text that is not JSON. */
export type JsonMistake = { readonly line: number; readonly what: string };

export function mistakeIn(text: string): JsonMistake | null {
  const errors: ParseError[] = [];
  parseTree(text, errors, STRICT);
  const first = errors[0];
  return first ? { line: lineAt(text, first.offset), what: wordsOf(printParseErrorCode(first.error)) } : null;
}

/** The line of the value at a path, or of the nearest value around it when it is missing. */
export function lineOf(text: string, path: readonly string[]): number {
  const root = parseTree(text, [], STRICT);
  for (let length = path.length; root && length > 0; length--) {
    const steps = path.slice(0, length).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    const node = findNodeAtLocation(root, steps);
    if (node) return lineAt(text, node.parent?.type === 'property' ? node.parent.offset : node.offset); // a member begins with its key
  }
  return lineAt(text, root?.offset ?? 0);
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** `CommaExpected` is 'comma expected'. */
const wordsOf = (code: string): string => code.replace(/(?<!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
