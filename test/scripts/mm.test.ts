import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXAMPLES } from '../../scripts/lib/mm-help.ts';
import { runTool } from '../kit/tool.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-mm-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What bash would offer after each of these lines, by the script itself. */
function offered(script: string, lines: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const file = join(dir, 'completion.bash');
  const asked = lines.map(
    (words) => `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _mm; echo "\${COMPREPLY[*]}"`,
  );
  writeFileSync(file, script);
  writeFileSync(join(dir, 'ask.sh'), ['source ./completion.bash', ...asked].join('\n'));
  const said = execFileSync('bash', ['ask.sh'], { encoding: 'utf8', cwd: dir });
  return said.split('\n').map((line) => line.split(' ').filter(Boolean));
}

test('completion, help and examples know every command and every option', async () => {
  const [{ stdout: script }, { stdout: help }] = await Promise.all([runTool('mm', ['completion', 'bash']), runTool('mm', ['--help'])]);
  const commands = [...help.matchAll(/^ {2}([a-z-]+)(?= [[<]| {2})/gm)].map(([, name]) => name ?? '').filter((name) => name !== 'help');
  expect(commands.length).toBeGreaterThan(15);
  const [all, st, status, level, files, ...flags] = offered(script, [
    ...[
      ['mm', ''],
      ['mm', 'st'],
      ['mm', 'status', '--'],
      ['mm', 'log-level', 'de'],
      ['mm', 'status', '--config', 'compl'],
    ],
    ...commands.map((name) => ['mm', name, '--']),
  ]);
  expect(all?.filter((word) => !word.startsWith('-'))).toEqual(commands);
  expect([st, level, files]).toEqual([['status'], ['debug'], ['completion.bash']]);
  expect(status).toEqual(['--config', '--json', '--watch', '--interval', '--help']);
  expect(commands.filter((name) => (EXAMPLES[name] ?? []).length === 0)).toEqual([]);
  const flagsOf = new Map(commands.map((name, i) => [name, flags[i] ?? []]));
  for (const [name, lines] of Object.entries(EXAMPLES))
    for (const line of lines) {
      const words = line
        .replace(/ [|>].*$/, '')
        .replace(/^source <\(|\)$/g, '')
        .split(' ')
        .slice(1);
      const unknown = words.filter((word) => word.startsWith('--') && !flagsOf.get(name)?.includes(word));
      expect([line, words[0], unknown]).toEqual([line, name, []]);
    }
  expect(commands.filter((name) => !flagsOf.get(name)?.includes('--json'))).toEqual(['completion']); // it is a program already
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
