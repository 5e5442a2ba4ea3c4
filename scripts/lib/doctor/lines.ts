/** What the doctor found, as lines of at most 80 columns. Pure. */
import type { Finding, Level } from '../../../gateway/doctor/finding.ts';
import { WIDTH, wrap } from '../table.ts';

export type PaintLevel = (word: string, level: Level) => string;

const LEVELS = ['fail', 'warn', 'unknown', 'ok'] as const;
const LEVEL_WIDTH = 'unknown'.length + 2;
const ID_MAX = 20;

/** One finding after the other, each with what to do under it. */
export function findingLines(findings: readonly Finding[], paint: PaintLevel): readonly string[] {
  const idWidth = Math.min(ID_MAX, Math.max(...findings.map(({ id }) => id.length), 0)) + 2;
  const indent = ' '.repeat(LEVEL_WIDTH + idWidth);
  return findings.flatMap(({ id, level, said, fix }) => {
    const [first = '', ...more] = wrap(said, WIDTH - indent.length);
    const head = `${paint(level, level)}${' '.repeat(LEVEL_WIDTH - level.length)}${id.padEnd(idWidth)}${first}`;
    const todo = fix === null ? [] : wrap(`fix: ${fix}`, WIDTH - indent.length);
    return [head, ...[...more, ...todo].map((line) => indent + line)];
  });
}

/** `3 fail, 1 warn, 24 ok`. */
export const countLine = (findings: readonly Finding[]): string =>
  LEVELS.map((level) => ({ level, n: findings.filter((finding) => finding.level === level).length }))
    .filter(({ n }) => n > 0)
    .map(({ level, n }) => `${n} ${level}`)
    .join(', ');
