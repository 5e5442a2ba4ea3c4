/** `mm log-level`: how much the processes log, changed while they run by an edit of config.local.json, which they see. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applyEdits, modify } from 'jsonc-parser';
import type { Config } from '../../shared/config.ts';
import { replaceFile } from '../../shared/io/whole-file.ts';
import { configOf, EXIT, type ExitCode, Problem, print } from './tool.ts';

export type LogLevelOptions = { readonly config: string; readonly json: boolean };
type Level = Config['log']['level'];

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const satisfies readonly Level[];
const isLevel = (text: string): text is Level => LEVELS.some((level) => level === text);

/** Without a level it tells the one that holds. */
export function logLevel({ config: file, json }: LogLevelOptions, level?: string): Promise<ExitCode> {
  const { config, file: path } = configOf(file);
  if (level === undefined) {
    print(json ? JSON.stringify({ level: config.log.level }) : config.log.level);
    return Promise.resolve(EXIT.done);
  }
  if (!isLevel(level)) throw new Problem(EXIT.usage, [`log-level: ${level}: allowed is ${LEVELS.join(', ')}`]);
  const local = join(dirname(path), 'config.local.json');
  const before = existsSync(local) ? readFileSync(local, 'utf8') : '{}\n';
  const edits = modify(before, ['log', 'level'], level, { formattingOptions: { insertSpaces: true, tabSize: 2 } });
  replaceFile(local, applyEdits(before, edits)); // the processes look at it, and may start from it after a power failure
  const after = configOf(file).config.log.level;
  print(
    json ? JSON.stringify({ level: after, file: local }) : `${local}: log.level is ${after} now; running processes take it within a second`,
  );
  return Promise.resolve(EXIT.done);
}
