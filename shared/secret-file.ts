/** Files that hold secrets: whether others can read one, or git tracks it. A file that is exposed is never used. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from './result.ts';

/** Why a file may not hold a key, one line each; empty when it may. Throws when there is no such file. */
export function exposure(path: string): readonly string[] {
  const mode = statSync(path).mode & 0o777;
  const lines =
    mode & 0o077 ? [`${path}: mode ${mode.toString(8).padStart(4, '0')} lets others read a key: allowed is 0600 (chmod 600)`] : [];
  const tracked = gitTracks(path);
  return tracked === 'no'
    ? lines
    : [...lines, `${path}: holds a key and ${GIT_SAYS[tracked]}: allowed is an untracked file or an environment variable`];
}

/** Its text, without the line end that editors leave; refused when it is exposed. The sentence quotes nothing of it. */
export function readSecretText(path: string): Result<string, string> {
  try {
    const [problem] = exposure(path);
    return problem === undefined ? ok(readFileSync(path, 'utf8').replace(/\r?\n$/, '')) : err(problem);
  } catch (error) {
    return err(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): allowed is a readable file of mode 0600`);
  }
}

const GIT_SAYS = { yes: 'is tracked by git', unsure: 'git cannot say whether it tracks it' } as const;

function gitTracks(path: string): 'yes' | 'no' | 'unsure' {
  if (!isInRepository(dirname(path))) return 'no';
  try {
    execFileSync('git', ['-C', dirname(path), 'ls-files', '--error-unmatch', path], { stdio: 'ignore' });
    return 'yes';
  } catch (error) {
    const { code, status } = error as { code?: string; status?: number };
    return code === 'ENOENT' || status === 1 ? 'no' : 'unsure'; // without git, git cannot publish it; 1: not tracked
  }
}

function isInRepository(folder: string): boolean {
  return existsSync(join(folder, '.git')) || (dirname(folder) !== folder && isInRepository(dirname(folder)));
}
