import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DISKLESS, EpochSource, epochsAtVenue, readEpoch } from '../../../gateway/io/epoch-source.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { err, ok } from '../../../shared/result.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import { fault, ScriptedVenue } from '../../kit/scripted-venue.ts';

/** Slots of eight minutes since 2026. */
const SLOT = 1_000;
const clock = new VirtualClock(Date.UTC(2026, 0, 1) + SLOT * 480_000);
let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-epochs-'));
  path = join(dir, 'epoch');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const openStore = (name = 'ledger.sqlite') => new LedgerStore({ path: join(dir, name), clock });
const open = (store: LedgerStore, seen: readonly number[] = []) => new EpochSource({ store, path, clock, seen });

test('grant() begins at the clock, goes on from there, and is in the ledger and in its own file before it returns', () => {
  using store = openStore();
  const epochs = open(store);
  expect([epochs.grant(), epochs.grant(), epochs.last]).toEqual([SLOT, SLOT + 1, SLOT + 1]);
  expect([store.lastEpoch(), readEpoch(path), readFileSync(path, 'utf8')]).toEqual([SLOT + 1, SLOT + 1, `${SLOT + 1}\n`]);
});

describe('an epoch is never granted twice', () => {
  test.each([
    ['the ledger was deleted', { ledger: 'other.sqlite', file: null, seen: [] }],
    ['an old ledger was put in its place', { ledger: 'old.sqlite', file: null, seen: [] }],
    ['the file was deleted', { ledger: 'ledger.sqlite', file: '', seen: [] }],
    ['the file cannot be read', { ledger: 'ledger.sqlite', file: 'x', seen: [] }],
    ['both were deleted, and Redis or the venue know of it', { ledger: 'other.sqlite', file: '', seen: [3, SLOT + 4] }],
  ])('when %s', (_name, { ledger, file, seen }) => {
    const granted: (number | null)[] = [];
    {
      using old = openStore('old.sqlite');
      old.grantEpoch(SLOT + 1);
      using store = openStore();
      const epochs = open(store);
      for (let n = 0; n < 5; n++) granted.push(epochs.grant());
    }
    if (file !== null) writeFileSync(path, file);
    using store = openStore(ledger);
    const after = open(store, seen);
    expect(granted).not.toContain(after.grant());
    expect(after.last).toBe(SLOT + 5);
  });
});

test('without a disk nothing is granted; what closes gets an epoch of its own range, another one each time', () => {
  const dead = { grantEpoch: () => null, lastEpoch: () => 0 };
  const epochs = new EpochSource({ store: dead, path: join(dir, 'missing', 'epoch'), clock, seen: [DISKLESS + 99_998, 12] });
  expect(epochs.grant()).toBeNull();
  const [first, second] = [epochs.grantAnyway(), epochs.grantAnyway()];
  expect([first > DISKLESS + 99_998, second > first, epochs.last]).toEqual([true, true, 12]);
});

test('a file that cannot be written grants nothing', () => {
  using store = openStore();
  const epochs = new EpochSource({ store, path: join(dir, 'missing', 'epoch'), clock, seen: [] });
  expect(epochs.grant()).toBeNull();
});

describe('epochsAtVenue()', () => {
  const venueWith = (answer: Awaited<ReturnType<ScriptedVenue['orders']['recentIds']>>) => {
    const venue = new ScriptedVenue(clock);
    venue.orders.recentIds = () => Promise.resolve(answer);
    return venue;
  };

  test('are those in our ids, whoever else trades there', async () => {
    const ids = [makeClientId({ role: 'quote', epoch: 7, counter: 1 }), 'web_1', makeClientId({ role: 'close', epoch: 9, counter: 1 })];
    const venue = venueWith(ok([...ids, ...ids]));
    await venue.stops.placeStop({
      ...{ symbol: 'BTCUSDT', clientId: makeClientId({ role: 'stop', epoch: 11, counter: 1 }), side: 'sell' },
      ...{ trigger: 590_000 as never, size: 1 as never, working: 'mark' },
    });
    expect(await epochsAtVenue(venue)).toEqual(ok([7, 9, 11]));
  });

  test('are not known when the venue cannot be read', async () => {
    expect(await epochsAtVenue(venueWith(err(fault('unknown'))))).toMatchObject({ ok: false });
  });
});
