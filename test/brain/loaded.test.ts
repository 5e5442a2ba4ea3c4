/** What a brain loads, watched at the loader, whoever imports it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'mmbot-loaded-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Every module that the process has asked for until it ended, by address. */
function loadedBy(args: readonly string[]): readonly string[] {
  const hook = join(dir, 'trace.mjs');
  writeFileSync(
    hook,
    `import { registerHooks } from 'node:module';
const seen = new Set();
registerHooks({ resolve: (name, context, next) => { const found = next(name, context); seen.add(found.url); return found; } });
process.on('exit', () => process.stdout.write('\\n' + JSON.stringify([...seen])));`,
  );
  const { stdout } = spawnSync(process.execPath, ['--import', hook, ...args], { encoding: 'utf8', cwd: ROOT });
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1));
}

test('a brain loads neither danfojs nor what comes with it, nor anything of the gateway', () => {
  const loaded = loadedBy(['brain/main.ts', '--help']);
  expect(loaded.filter((url) => /\/(danfojs|@tensorflow)[^/]*\//.test(url))).toEqual([]);
  const gateway = pathToFileURL(join(ROOT, 'gateway')).href;
  expect(loaded.filter((url) => url.startsWith(`${gateway}/`))).toEqual([]);
  expect(loaded.filter((url) => url.endsWith('/brain/step.ts'))).toHaveLength(1);
  expect(loadedBy(['-e', "require('danfojs-node/package.json')"]).some((url) => url.includes('danfojs'))).toBe(true); // it would be seen
});
