import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrainTape } from '../../../../brain/io/brain-tape.ts';
import { BrainStore } from '../../../../brain/io/brain-store.ts';
import { ClientIds } from '../../../../brain/oms/ids.ts';
import type { Pending } from '../../../../brain/oms/working.ts';
import { makeRuns } from '../../../../brain/runs.ts';
import { settingsOf } from '../../../../brain/settings.ts';
import { settle } from '../../../../brain/settle.ts';
import { type BrainState, initialState, step } from '../../../../brain/step.ts';
import { ReplayBrain } from '../../../../scripts/lib/replay/brain.ts';
import { exitOf, skippedLine } from '../../../../scripts/lib/replay/screen.ts';
import { EXIT } from '../../../../scripts/lib/tool.ts';
import { readTapes } from '../../../../scripts/sim/tape-folder.ts';
import { VirtualClock } from '../../../../shared/clock.ts';
import { rootLog } from '../../../../shared/log.ts';
import type { TapeRecord } from '../../../../shared/tape.ts';
import { monoMs, wallMs } from '../../../../shared/units.ts';
import { bookDoc, config, documents, instrumentDoc, LEASE, ordersDoc, STAMP, SYMBOL, turn } from '../../../kit/brain.ts';

const TURNS = 12;
const dir = mkdtempSync(join(tmpdir(), 'mmbot-replay-brain-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let records: readonly TapeRecord[] = [];

/** A market that walks up, so that quotes are placed, and moved; the first place is refused, the others are taken. */
async function record(): Promise<readonly TapeRecord[]> {
  const clock = new VirtualClock();
  const recorded = config({ record: { on: true } });
  const runs = makeRuns(recorded);
  const settings = settingsOf(recorded, runs);
  const tape = openBrainTape(recorded, { accountDir: dir, clock, log: rootLog({ process: 'brain', level: 'fatal' }) });
  if (!tape) throw new Error('It does not record');
  using store = new BrainStore(join(dir, 'brain.sqlite'));
  tape.remembered(store, { symbols: recorded.symbols, runs });
  const ids = new ClientIds(LEASE);
  const instrument = instrumentDoc();
  let state = initialState(settings);
  for (let n = 0; n < TURNS; n++) {
    clock.advance(100);
    const at = { now: monoMs(clock.monoMs()), nowMs: wallMs(1_700_000_000_000 + n * 100) };
    const taken = { ...turn(moment(n, instrument), at), nextId: (role: Parameters<ClientIds['next']>[0]) => ids.next(role) };
    const stepped = step(state, { settings, turn: taken });
    state = stepped.state;
    tape.turn(taken, stepped);
    for (const { commands } of stepped.symbols)
      for (const [i, command] of commands.entries()) {
        const pending: Pending = { command, role: 'quote', sentAt: at.now, visibleFrom: null, lease: LEASE };
        const refused = n === 0 && i === 0;
        const answer = refused ? ({ type: 'refused', code: 'collar' } as const) : ({ type: 'taken', seq: STAMP.seq + n + 1 } as const);
        const settled = { answer, sent: true, now: at.now };
        const before = state.symbols[SYMBOL] as BrainState['symbols'][string];
        const waiting = { ...before, pending: [...before.pending, pending] };
        tape.heard({ kind: 'settled', symbol: SYMBOL, what: command.kind, clientId: command.clientId, settled });
        state = { ...state, symbols: { ...state.symbols, [SYMBOL]: settle(waiting, pending, settled) } };
      }
  }
  await tape[Symbol.asyncDispose]();
  return (await Array.fromAsync(readTapes(join(dir, 'tapes')))).flat();
}

function moment(n: number, instrument: ReturnType<typeof instrumentDoc>) {
  const stamp = { epoch: STAMP.epoch, seq: STAMP.seq + n };
  const price = (ticks: number): string => (60_000 + n * 10 + ticks / 10).toFixed(2);
  const book = bookDoc({ ...stamp, bids: [[price(0), '1.000']], asks: [[price(1), '1.000']] });
  return documents({ head: stamp, docs: { book, orders: ordersDoc([], stamp), instrument } });
}

async function replayed(given: readonly TapeRecord[]): Promise<ReplayBrain> {
  const brain = new ReplayBrain('config.json');
  for (const one of given) await brain.take(one);
  return brain;
}

beforeAll(async () => {
  records = await record();
});

test('every turn of a recorded brain sends the same again, for the same reasons, and has the same hash each time', async () => {
  const [once, twice] = [await replayed(records), await replayed(records)];
  expect(once).toMatchObject({ hindrance: null, differing: [], turns: { run: TURNS, equal: TURNS, reasonsEqual: TURNS, skipped: 0 } });
  const sent = records.filter(({ source, raw }) => source === 'decision' && raw.includes('"commands"'));
  expect(sent.length).toBeGreaterThan(2);
  expect(once.hash()).toBe(twice.hash());
});

test('what lasts from turn to turn stands on the tape once', () => {
  const told = records.filter(({ source }) => source === 'documents').map(({ raw }) => JSON.parse(raw).symbols[SYMBOL]);
  expect(told.map((one) => 'instrument' in one)).toEqual([true, ...Array(TURNS - 1).fill(false)]);
  expect(told.every((one) => 'book' in one)).toBe(true);
});

test('a turn that is decided otherwise is shown with both, and an answer that is missing has consequences', async () => {
  const first = records.findIndex(({ source }) => source === 'decision');
  const changed = records.map((one, n) => (n === first ? { ...one, raw: one.raw.replace(/"size":10/, '"size":11') } : one));
  const { turns, differing } = await replayed(changed);
  expect(turns).toMatchObject({ run: TURNS, equal: TURNS - 1 });
  expect(differing).toEqual([
    expect.objectContaining({
      ...{ snapshot: `${STAMP.epoch}:${STAMP.seq}`, symbol: SYMBOL },
      recorded: expect.stringContaining('"size":11'),
      replayed: expect.stringMatching(/^(?!.*"size":11)/),
    }),
  ]);
  const unanswered = await replayed(records.filter(({ source }) => source !== 'settled'));
  expect(unanswered.turns.equal).toBeLessThan(TURNS);
});

test('without the start of the brain, or with a hole, turns are not run again, and it says why', async () => {
  const headless = await replayed(records.filter(({ source }) => source !== 'remembered'));
  expect(headless).toMatchObject({ hindrance: 'the tape does not begin with the start of its brain', turns: { run: 0, skipped: TURNS } });
  const at = records.findIndex(({ source }) => source === 'decision') + 1;
  const gap = { atMs: records[at]?.atMs ?? 0, source: 'gap', name: 'torn', raw: '{}' } as const;
  const torn = await replayed(records.toSpliced(at, 0, gap));
  expect(torn).toMatchObject({ hindrance: 'records are missing on the tape', turns: { run: 1, skipped: TURNS - 1 } });
  expect(skippedLine(torn)).toBe(`${TURNS - 1} turns not run again: records are missing on the tape`);
  expect([exitOf(torn), exitOf(headless), exitOf(await replayed(records))]).toEqual([EXIT.partial, EXIT.partial, EXIT.done]);
  expect(exitOf({ turns: { run: 2, equal: 1, skipped: 1 } })).toBe(EXIT.failed); // a turn decided otherwise says more
});
