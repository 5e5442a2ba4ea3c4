import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openBrainTape } from '../../../brain/io/brain-tape.ts';
import { initialState, step } from '../../../brain/step.ts';
import { marketMaking } from '../../../brain/strategy/market-making.ts';
import { Replayer } from '../../../scripts/lib/replay/replayer.ts';
import { readTapes } from '../../../scripts/sim/tape-folder.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { MarketMakingParameters } from '../../../shared/config.ts';
import { rootLog } from '../../../shared/log.ts';
import { config, documents, runWith, settings, STAMP, SYMBOL, turn } from '../../kit/brain.ts';

const accountDir = mkdtempSync(join(tmpdir(), 'mmbot-brain-tape-'));
afterAll(() => rmSync(accountDir, { recursive: true, force: true }));

const parts = { accountDir, clock: new VirtualClock(), log: rootLog({ process: 'brain', level: 'fatal' }) };
const RUNS = [runWith(marketMaking(MarketMakingParameters.parse({ spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.050' })))];

test('each turn is on the tape: the snapshot it rests on, the clocks, the reasons and what was sent; a replay tells what is new', async () => {
  const tape = openBrainTape(config({ record: { on: true } }), parts);
  if (!tape) throw new Error('It does not record');
  const taken = turn(documents());
  const stepped = step(initialState(settings(RUNS)), { settings: settings(RUNS), turn: taken });
  tape.turn(taken, stepped);
  tape.turn(taken, { ...stepped, symbols: stepped.symbols.map((one) => ({ ...one, commands: [] })) });
  await tape[Symbol.asyncDispose]();
  const records = (await Array.fromAsync(readTapes(join(accountDir, 'tapes')))).flat();
  expect(records.map(({ source, name }) => `${source} ${name}`)).toEqual([
    'head brain',
    ...Array(2)
      .fill([`documents ${STAMP.epoch}:${STAMP.seq}`, `decision ${STAMP.epoch}:${STAMP.seq}`])
      .flat(),
  ]);
  const decided = JSON.parse(records[2]?.raw ?? '');
  expect(decided).toMatchObject({ ...STAMP, now: taken.now, nowMs: taken.nowMs, mayTrade: true, symbols: [{ symbol: SYMBOL }] });
  expect(decided.symbols[0].commands.map(({ kind }: { readonly kind: string }) => kind)).toEqual(['place', 'place']);
  expect(decided.symbols[0].outcomes[0].signals).toMatchObject({ fair: expect.any(Number) });
  const replayer = new Replayer();
  for (const record of records) replayer.take(record);
  expect(replayer.words.map(({ text }) => text)).toEqual([expect.stringMatching(/^BTCUSDT \S+ \S+ 2 commands$/)]);
});

test('a file that begins in the middle of a turn tells the documents that last, as one that begins between turns does', async () => {
  const clock = new VirtualClock();
  const folder = join(accountDir, 'rotated');
  const tape = openBrainTape(config({ record: { on: true, fileMs: 60_500 } }), { ...parts, clock, accountDir: folder });
  if (!tape) throw new Error('It does not record');
  const taken = turn(documents());
  const stepped = step(initialState(settings(RUNS)), { settings: settings(RUNS), turn: taken });
  tape.turn(taken, stepped);
  clock.advance(60_700); // the file is old, and no timer has come since
  for (let chars = 0; chars < 300_000; chars += JSON.stringify(taken.documents).length) tape.turn(taken, { ...stepped, symbols: [] });
  await tape[Symbol.asyncDispose]();
  const records = (await Array.fromAsync(readTapes(join(folder, 'tapes')))).flat();
  expect(records.filter(({ source }) => source === 'head')).toHaveLength(2);
  const turns = records.flatMap(({ source, raw }) => (source === 'head' ? ['head'] : source === 'documents' ? [JSON.parse(raw)] : []));
  const first = turns.flatMap((one, n) => (turns[n - 1] === 'head' ? [one] : []));
  expect(first.map(({ symbols }) => symbols[SYMBOL].instrument)).toEqual(Array(2).fill(expect.objectContaining({ symbol: SYMBOL })));
});

test('nothing is written where nothing is to be recorded', () => {
  expect(openBrainTape(config(), parts)).toBeNull();
});
