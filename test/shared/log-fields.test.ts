import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LOG_FIELDS } from '../../shared/log-fields.ts';
import { ROOT } from '../kit/run.ts';

/** What stands between the brace at `from` and the one that ends it. */
function inside(text: string, from: number): string {
  for (let [at, depth] = [from, 0]; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return text.slice(from + 1, at);
  }
  return '';
}

/** Names of the properties of an object in source text; spreads are left out. */
function propertiesOf(body: string): readonly string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const letter of body) {
    if ('{[('.includes(letter)) depth++;
    if ('}])'.includes(letter)) depth--;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.flatMap((part) => /^\s*(\w+)\s*(?::|$)/.exec(part)?.[1] ?? []);
}

const CALL = /\blog(?:\.(?:trace|debug|info|warn|error|fatal)|\[[^\]]*\])\(\s*\{|\bfields: \{(?! readonly)/g;
const fieldsIn = (text: string): readonly string[] =>
  [...text.matchAll(CALL)].flatMap(({ 0: call, index }) => propertiesOf(inside(text, index + call.length - 1)));

test('every field of a log line has its name from the list, which names no other', () => {
  const files = globSync(['{gateway,brain,shared}/**/*.ts', 'scripts/watchdog.ts', 'scripts/watchdog/*.ts'], { cwd: ROOT }).filter(
    (file) => !file.startsWith('shared/sim/'),
  );
  const used = new Map(files.flatMap((file) => fieldsIn(readFileSync(join(ROOT, file), 'utf8')).map((field) => [field, file] as const)));
  expect([...used].filter(([field]) => !Object.hasOwn(LOG_FIELDS, field))).toEqual([]);
  expect(used.size).toBeGreaterThan(70);
});

test('the look finds names in calls of all forms', () => {
  const text = `log.info({ a, b: { c: 1 }, ...rest }, 'x'); log[ok ? 'info' : 'warn'](\n { d }, 'y'); notice({ level, message, fields: { e: f(1, 2) } });`;
  expect(fieldsIn(text)).toEqual(['a', 'b', 'd', 'e']);
});
