/** The fields of a schema as a table: name, type, meaning. The meaning is the comment beside the field in the source. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { DocComments } from './doc-comments.ts';
import { isBare, nameOf, type Node, type Row, rowsOf, tableOf, typeOf } from './field-rows.ts';
import { wordsOf } from './field-words.ts';

const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared');
const SOURCES = ['snapshot', 'brain-doc', 'pnl-doc', 'risk', 'config-live', 'command', 'alarm', 'audit', 'order', 'limits'];

export const comments = new DocComments(SOURCES.map((name) => readFileSync(join(SHARED, `${name}.ts`), 'utf8')));

/** `name` is that of the schema in the source. */
export type Shape = { readonly name: string; readonly schema: z.ZodType; readonly isWhole?: boolean };

/** `isWhole`: what one of several kinds is made of is told elsewhere, and left out here. */
export function fieldTable({ name, schema, isWhole = true }: Shape): readonly string[] {
  const node = z.toJSONSchema(schema, { unrepresentable: 'any' }) as Node;
  const told = rowsOf(node).map((row) => ({ row, meaning: meaningOf(name, row) }));
  const shown = told.filter(({ row, meaning }) => !(isBare(row) && meaning === '') && (isWhole || !row.path.some(isKind)));
  const cells = shown.map(({ row, meaning }) => [
    nameOf(row.path),
    `${typeOf(row.node)}${row.required ? '' : '; may be absent'}`,
    sentence(meaning || wordsOf(name, row.path)),
  ]);
  return tableOf(['field', 'value', 'what it is'], cells);
}

const isKind = (step: string): boolean => step.startsWith('(');

/** What the source says of a field; empty when it says nothing. */
function meaningOf(name: string, { path, node }: Row): string {
  const said = comments.ofField(
    name,
    path.filter((step) => step !== '*' && step !== '[]' && !isKind(step)),
  );
  return said !== '' ? said : (node.description ?? '');
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`.replace(/(?<!\.)\.$/, '');
