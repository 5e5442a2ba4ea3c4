/** Two results for a terminal of 80 columns. Pure. */
import { table } from '../table.ts';
import { compared, type Named } from './compare.ts';

export function compareLines(a: Named, b: Named): readonly string[] {
  const column = ({ name }: Named) => ({ title: name, align: 'right', shrink: { to: 20, keep: 'end' } }) as const;
  return table(
    [{ title: '' }, column(a), column(b)],
    compared(a, b).flatMap(({ rows }) => rows),
  );
}
