/** The part of a zod schema that stands at a path: what a single key may be, without the rules that bind several keys. Pure. */
import * as z from 'zod';
import { type ConfigProblem, parameterProblems } from '../../../shared/config-problem.ts';
import type { Json } from './json.ts';

export type Node = z.core.$ZodTypes;

/** Null where no such key is known, or where keys are free and anything goes. */
export function schemaAt(schema: z.ZodType, path: readonly string[]): Node | null {
  let node: Node | null = bare(schema as unknown as Node);
  for (const key of path) {
    node = node === null ? null : childOf(node, key);
    if (node === null) return null;
  }
  const { type } = bare(node)._zod.def;
  return type === 'unknown' || type === 'any' ? null : node;
}

function childOf(node: Node, key: string): Node | null {
  const { def } = bare(node)._zod;
  if (def.type === 'object') return Object.hasOwn(def.shape, key) ? (def.shape[key] as Node) : null;
  return def.type === 'record' ? (def.valueType as Node) : null;
}

/** Without what is laid around it: defaults, optional, nullable. */
function bare(node: Node): Node {
  const { def } = node._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
    case 'readonly':
    case 'nonoptional':
      return bare(def.innerType as Node);
    case 'pipe':
      return bare(def.in as Node);
    default:
      return node;
  }
}

export const accepts = (node: Node, value: Json): boolean => z.safeParse(node, value).success;

/** In the words of the configuration; none when the value may stand at the key as far as the key alone tells. */
export function valueProblems(node: Node, key: string, value: Json): readonly ConfigProblem[] {
  const path = key.split('.');
  const name = path.at(-1) ?? '';
  const holder = z.strictObject({ [name]: node as unknown as z.ZodType });
  const problems = parameterProblems(holder, { document: { [name]: value }, path: path.slice(0, -1).join('.') });
  return problems.map((problem) => ({ ...problem, path: problem.path.replace(/^\./, '') }));
}
