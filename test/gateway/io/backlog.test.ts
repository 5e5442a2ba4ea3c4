import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backlog } from '../../../gateway/io/backlog.ts';

type Owner = { readonly name: string; first: boolean; heldUntil: number; readonly isFirst: () => boolean };
const owner = (name: string, first = false): Owner => {
  const made: Owner = { name, first, heldUntil: 0, isFirst: () => made.first };
  return made;
};
const drain = (backlog: Backlog<Owner, string>, now = 0): string[] => {
  const out: string[] = [];
  for (let next = backlog.next(now); next; next = backlog.next(now)) out.push(`${next.owner.name}${next.line}`);
  return out;
};

test('Backlog serves one of each in turn, and the first before all', () => {
  const backlog = new Backlog<Owner, string>();
  const [a, b, brain] = [owner('a'), owner('b'), owner('x', true)];
  backlog.add(a, ['1', '2', '3']);
  backlog.add(b, ['1', '2']);
  backlog.add(brain, ['1', '2']);
  expect(drain(backlog)).toEqual(['x1', 'x2', 'a1', 'b1', 'a2', 'b2', 'a3']);
  expect([backlog.isEmpty, backlog.waitMs(0)]).toEqual([true, null]);
});

test('Backlog takes nothing of one that is held, and says how long', () => {
  const backlog = new Backlog<Owner, string>();
  const [a, b] = [owner('a'), owner('b')];
  backlog.add(a, ['1']);
  backlog.add(b, ['1']);
  a.heldUntil = 50;
  expect(drain(backlog, 10)).toEqual(['b1']);
  expect(backlog.waitMs(10)).toBe(40);
  expect(drain(backlog, 50)).toEqual(['a1']);
});

test('Backlog forgets one that is gone', () => {
  const backlog = new Backlog<Owner, string>();
  const a = owner('a');
  backlog.add(a, ['1', '2']);
  backlog.next(0);
  backlog.drop(a);
  expect([backlog.has(a), backlog.next(0)]).toEqual([false, null]);
});

test('Backlog: of each client every line, once, in its order; nobody waits for more than one line of each other', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { maxLength: 20 }), { minLength: 1, maxLength: 6 }), (lines) => {
      const backlog = new Backlog<Owner, string>();
      const owners = lines.map((_, n) => owner(String(n)));
      for (const [n, some] of lines.entries()) backlog.add(owners[n]!, some);
      const served: Owner[] = [];
      const got = lines.map((): string[] => []);
      for (let next = backlog.next(0); next; next = backlog.next(0)) {
        served.push(next.owner);
        got[owners.indexOf(next.owner)]?.push(next.line);
      }
      expect(got).toEqual(lines);
      for (const [n, one] of owners.entries()) if (lines[n]!.length > 0) expect(served.indexOf(one)).toBeLessThan(owners.length);
    }),
  );
});
