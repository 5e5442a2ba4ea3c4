/** The FAQ speaks of reasons and codes that there are, and that mean what it says. */
import { expect, test } from 'vitest';
import { meaningOfCode } from '../../gateway/venues/binance/faults.ts';
import { explain, REASONS } from '../../shared/reasons.ts';
import { docSection, docText } from '../kit/docs.ts';

test('every reason of the table has its sentence in the program', () => {
  const rows = docSection('faq.md', 'Why does it not quote?').match(/^\| `.*? \|/gm) ?? [];
  const reasons = rows.flatMap((row) => row.match(/`[^`]+`/g) ?? []).map((code) => code.slice(1, -1));
  expect(reasons.length).toBeGreaterThan(20);
  const begins = (start: string): boolean => explain(start) !== null || Object.keys(REASONS).some((code) => code.startsWith(start));
  const isTold = (reason: string): boolean => (reason.endsWith('…') ? begins(reason.slice(0, -1)) : explain(reason) !== null);
  expect(reasons.filter((reason) => !isTold(reason))).toEqual([]);
});

test.each([
  ['-1021', 'clock', 'timestamp'],
  ['-4120', 'rejected', 'malformed'],
  ['-2019', 'rejected', 'insufficient-margin'],
  ['-4164', 'rejected', 'min-notional'],
  ['-5022', 'rejected', 'post-only-would-take'],
  ['-4061', 'auth', 'position-mode'],
  ['-2011', 'gone', 'not-found'],
  ['-2013', 'gone', 'not-found'],
  ['-2015', 'auth', 'key'],
  ['-1003', 'rate-limited', 'too-many-requests'],
])('code %s has a heading, and is taken as it says', (code, kind, reason) => {
  expect(docText('faq.md')).toMatch(new RegExp(`^## .*${code}`, 'm'));
  expect(meaningOfCode(Number(code), 400)).toEqual({ kind, reason });
});

test('the runbook, the FAQ and the README are linked with each other', () => {
  expect(docText('runbook.md')).toContain('(faq.md#why-does-it-not-quote)');
  expect(docText('README.md')).toContain('(shared/docs/runbook.md)');
});
