import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXAMPLES } from '../../scripts/lib/mm-help.ts';
import { runTool } from '../kit/tool.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-mm-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What bash would offer after these words, by the script itself. */
function offered(script: string, words: readonly string[]): readonly string[] {
  const file = join(dir, 'completion.bash');
  writeFileSync(file, script);
  const typed = words.map((word) => `'${word}'`).join(' ');
  const ask = `source ${file}; COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _mm; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', ask], { encoding: 'utf8', cwd: dir }).trim().split('\n').filter(Boolean);
}

test('completion, help and examples know every command and every option', async () => {
  const [{ stdout: script }, { stdout: help }] = await Promise.all([runTool('mm', ['completion', 'bash']), runTool('mm', ['--help'])]);
  const commands = [...help.matchAll(/^ {2}([a-z-]+)(?= [[<]| {2})/gm)].map(([, name]) => name ?? '').filter((name) => name !== 'help');
  expect(commands.length).toBeGreaterThan(15);
  expect(offered(script, ['mm', '']).filter((word) => !word.startsWith('-'))).toEqual(commands);
  expect(commands.filter((name) => (EXAMPLES[name] ?? []).length === 0)).toEqual([]);
  expect(offered(script, ['mm', 'st'])).toEqual(['status']);
  expect(offered(script, ['mm', 'status', '--'])).toEqual(['--config', '--json', '--watch', '--interval', '--help']);
  expect(offered(script, ['mm', 'log-level', 'de'])).toEqual(['debug']);
  expect(offered(script, ['mm', 'status', '--config', 'compl'])).toEqual(['completion.bash']);
  for (const [name, lines] of Object.entries(EXAMPLES))
    for (const line of lines) {
      const words = line
        .replace(/ [|>].*$/, '')
        .replace(/^source <\(|\)$/g, '')
        .split(' ')
        .slice(1);
      expect([name, words[0]]).toEqual([name, name]);
      const flags = offered(script, ['mm', name, '--']);
      expect([line, words.filter((word) => word.startsWith('--') && !flags.includes(word))]).toEqual([line, []]);
    }
  const json = commands.filter((name) => !offered(script, ['mm', name, '--']).includes('--json'));
  expect(json).toEqual(['completion']); // it is a program already
});

test('help of a command ends with its examples and fits into 80 columns', async () => {
  const { code, stdout } = await runTool('mm', ['tail', '--help']);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`Examples:\n  ${EXAMPLES['tail']?.[0]}\n`)]);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test.each([
  [['completion', 'csh'], /allowed is bash, zsh, fish/],
  [['tail', '--only', 'orders'], /--only.*allowed are decision, order, fill, mode/],
])('mm %j is a usage error of one line', async (args, line) => {
  const said = await runTool('mm', args);
  expect([said.code, said.lines, said.stdout]).toEqual([2, [expect.stringMatching(line)], '']);
});
