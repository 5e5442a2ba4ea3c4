import { expect, test } from 'vitest';
import { readiness } from '../../../gateway/publish/readiness.ts';
import type { Header } from '../../../shared/snapshot.ts';

type Told = Parameters<typeof readiness>[0];
const live = { state: 'live', ageMs: 1 } as const;
const told = (reasons: readonly string[], over: Partial<Header['health']> = {}): Told => ({
  reasons: [...reasons],
  health: { market: live, account: live, orderEntry: 'rest', ...over },
});

test.each<[string, Told, boolean, readonly string[], readonly string[]]>([
  ['all is well', told([]), true, [], []],
  [
    'a person has paused, a limit holds, a close runs',
    told(['paused', 'daily-loss', 'closing:A']),
    true,
    [],
    ['paused', 'daily-loss', 'closing:A'],
  ],
  ['a book is not live', told(['book-syncing:A']), true, ['book-syncing:A'], []],
  ['the ledger takes nothing', told(['ledger-unavailable', 'paused']), true, ['ledger-unavailable'], ['paused']],
  ['a position has no stop', told(['stop-missing:A']), true, ['stop-missing:A'], []],
  ['no position has been protected yet', told([]), false, ['not-protected'], []],
  ['a stream is down', told([], { market: { state: 'lost', ageMs: 9 } }), true, ['market-stream-down'], []],
  [
    'the other stream has never been up',
    told(['account-lost'], { account: { state: 'connecting', ageMs: null } }),
    true,
    ['account-stream-down', 'account-lost'],
    [],
  ],
])('readiness() where %s', (_name, header, isProtected, reasons, notes) => {
  expect(readiness(header, isProtected)).toEqual({ ready: reasons.length === 0, reasons, notes });
});
