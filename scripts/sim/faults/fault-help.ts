/** What may be said of each kind of fault, read off the very schemas that check it. */
import * as z from 'zod';
import { Fault } from './fault.ts';

/** JSON schema of every kind, by its name. */
export const faultSchemas = (): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Fault.options.map((option) => [option.shape.kind.value, z.toJSONSchema(option, { io: 'input' })]));

/** One entry a kind: its fields, those that may be left out in brackets. */
export function faultForms(): readonly string[] {
  return Fault.options.map((option) => {
    const { properties = {}, required = [] } = z.toJSONSchema(option, { io: 'input' });
    const fields = Object.keys(properties).filter((name) => name !== 'kind');
    const must = fields.filter((name) => required.includes(name));
    const may = fields.filter((name) => !required.includes(name));
    return [option.shape.kind.value, ...must, ...(may.length > 0 ? [`[${may.join(' ')}]`] : [])].join(' ');
  });
}

const COLUMNS = 80;

/** `text` in lines that fit a terminal, all but the first indented by `indent`. */
export function wrapped(text: string, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const fits = line.length + word.length < COLUMNS;
    if (!fits) lines.push(line.trimEnd());
    line = `${fits ? line : ' '.repeat(indent)}${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
