import { expect, test } from 'vitest';
import { auditLine, inForceLines } from '../../../scripts/lib/config-lines.ts';
import { configLines, statusScreen } from '../../../scripts/lib/screen.ts';
import type { BrainDoc } from '../../../shared/brain-doc.ts';
import type { ConfigAnswer } from '../../../shared/command.ts';
import { config } from '../../kit/brain.ts';

const NOTHING = { refused: [], waiting: [], restart: [] };
const AUDIT = { atMs: Date.UTC(2026, 0, 2, 3, 4, 5), by: 'file', changes: ['exits.stopLossPercent: 0.5 -> 0.4'], orders: [] } as const;
const gateway = (over: Partial<ConfigAnswer> = {}): ConfigAnswer => ({
  ...{ limits: config().limits, limitsHash: 'aaaaaaaaaaaa', wantedHash: 'aaaaaaaaaaaa', state: NOTHING, log: [] },
  ...over,
});
const brain = (limitsHash: string, refused: readonly string[] = []) => ({
  configHash: 'c',
  limitsHash,
  state: { ...NOTHING, refused: [...refused] },
  log: [{ ...AUDIT, changes: [...AUDIT.changes], orders: ['BTCUSDT cancel buy'] }],
});

test('inForceLines() says whose limits differ, and who changed what when', () => {
  expect(inForceLines({ gateway: gateway(), brain: brain('aaaaaaaaaaaa') })).toEqual([
    'limits    aaaaaaaaaaaa at the gateway  brain the same',
    'config    all of the file is in force',
    'gateway:',
    '  no change while it ran',
    'brain:',
    '  2026-01-02 03:04:05 file: exits.stopLossPercent: 0.5 -> 0.4; orders: BTCUSDT cancel buy',
  ]);
  expect(inForceLines({ gateway: gateway(), brain: brain('bbbbbbbbbbbb') }).join('\n')).toContain(
    'other ones (bbbbbbbbbbbb): the tighter of both rules',
  );
  expect(inForceLines({ gateway: gateway(), brain: null }).join('\n')).toContain('brain unknown');
});

test('an edit that the brain alone refused is told as such, and one that both refused only once', () => {
  const both = 'config.json:3: not JSON';
  const alone = 'strategies/mine.ts: a strategy has a name';
  const told = inForceLines({ gateway: gateway({ state: { ...NOTHING, refused: [both] } }), brain: brain('aaaaaaaaaaaa', [both, alone]) });
  expect(told.filter((line) => line.includes('refused'))).toEqual([
    `config    edit refused, nothing is changed: ${both}`,
    `config    edit refused by the brain, which goes on as before: ${alone}`,
  ]);
  const doc = { brainEpoch: 1, symbols: {}, risk: { state: 'normal', reasons: [] }, config: brain('a', [alone]) } as unknown as BrainDoc;
  const state = { header: null, ageMs: null, balance: null, symbols: [], brain: doc };
  const screen = statusScreen({ state, paint: (word) => word, prefix: 'mm:test' });
  expect(screen).toContain(`config    edit refused by the brain, which goes on as before: ${alone}`);
});

test('configLines() tells what was refused, what waits, and what needs a restart; nothing where all of the file is in force', () => {
  const lines = configLines({
    refused: ['config.json:3: not JSON'],
    waiting: ['limits.maxGrossNotional: "1" -> "2"'],
    restart: ['symbols: a -> b'],
  });
  expect(lines).toEqual([
    'config    edit refused, nothing is changed: config.json:3: not JSON',
    '          waits for mm config --confirm: limits.maxGrossNotional: "1" -> "2"',
    '          needs a restart: symbols: a -> b',
  ]);
  expect(configLines(undefined)).toEqual([]);
  expect(auditLine({ ...AUDIT, changes: [...AUDIT.changes], orders: [] })).toBe(
    '2026-01-02 03:04:05 file: exits.stopLossPercent: 0.5 -> 0.4',
  );
});
