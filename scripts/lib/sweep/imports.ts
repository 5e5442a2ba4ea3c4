/** What a TypeScript file is made of: itself, and all that it imports by a path, directly or not. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Of comments as well, which does no harm. */
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/** Absolute, each once, in the order in which they are met; without those of `known`, and those that are not there. */
export function withImports(file: string, known: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>();
  const ahead = [resolve(file)];
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    if (found.has(next) || known.has(next) || !existsSync(next)) continue;
    found.add(next);
    for (const [, path = ''] of readFileSync(next, 'utf8').matchAll(IMPORT)) ahead.push(join(dirname(next), path));
  }
  return [...found];
}
