import { rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withImports } from '../../../../scripts/lib/sweep/imports.ts';
import { codeFiles, configHashOf } from '../../../../scripts/lib/sweep/world.ts';
import { fastDir } from '../../../kit/fast-dir.ts';
import { baseConfig } from '../../../kit/sweep.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const folder = fastDir('sweep-world');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the hash of the program covers every file that a thread of a sweep runs', () => {
  const files = withImports(join(ROOT, 'scripts/lib/sweep/thread.ts'), new Set()).map((file) => relative(ROOT, file));
  expect(files.length).toBeGreaterThan(200);
  const hashed = new Set(codeFiles());
  const typesOnly = [
    'scripts/lib/sweep/json.ts',
    'scripts/lib/sweep/splits.ts',
    'scripts/lib/sweep/world.ts',
    'scripts/lib/sweep/imports.ts',
  ];
  expect(files.filter((file) => !hashed.has(file) && !typesOnly.includes(file))).toEqual([]);
});

test('the hash of a configuration covers what an own strategy imports', async () => {
  const [strategy, helper] = [join(folder, 'mine.ts'), join(folder, 'helper.ts')];
  writeFileSync(strategy, "import { level } from './helper.ts';\nexport const strategy = { level };\n");
  const base = baseConfig();
  const config = { ...base, strategy: { ...base.strategy, custom: { mine: { file: strategy } } } } as unknown as typeof base;
  const hashes: string[] = [];
  for (const level of [1, 2, 1]) {
    writeFileSync(helper, `export const level = ${level};\n`);
    hashes.push(await configHashOf(config));
  }
  expect(hashes[1]).not.toBe(hashes[0]);
  expect(hashes[2]).toBe(hashes[0]);
});
