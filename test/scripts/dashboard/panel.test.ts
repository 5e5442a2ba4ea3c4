import { expect, test } from 'vitest';
import { drawMarked } from '../../../scripts/dashboard/page/panel.ts';

test('drawMarked() marks what cannot be drawn, tells of it, and takes the mark away with the first draw that succeeds', () => {
  const classes = new Set<string>();
  const node = {
    classList: { toggle: (name: string, on?: boolean): boolean => (on ? classes.add(name).has(name) : !classes.delete(name)) },
  };
  const told: unknown[] = [];
  const draw = (problem: Error | null): readonly string[] => {
    const run = (): void => {
      if (problem) throw problem;
    };
    drawMarked(run, { node, report: (error) => void told.push(error) });
    return [...classes];
  };
  const problem = new Error('Cannot find tbody');
  expect([draw(null), draw(problem), draw(problem), draw(null)]).toEqual([[], ['broken'], ['broken'], []]);
  expect(told).toEqual([problem, problem]);
});
