import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { BrainStore } from '../../../brain/io/brain-store.ts';
import { Reload } from '../../../brain/io/reload.ts';
import { makeRuns } from '../../../brain/runs.ts';
import { checkConfig, type Config, overlay } from '../../../shared/config.ts';
import { limitsHash } from '../../../shared/config-change.ts';
import type { Loaded } from '../../../shared/config-file.ts';
import { rootLog } from '../../../shared/log.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { config } from '../../kit/brain.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-reload-'));
afterAll(() => rmSync(dir, { recursive: true }));
const BASE = config();
const edited = (over: object): Config => {
  const checked = checkConfig(overlay(BASE, over));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
};
const file = (over: object): Result<Loaded, readonly string[]> => ok({ config: edited(over), file: 'config.json', runDir: 'run' });
const WIDE = { strategy: { marketMaking: { spreadBps: 7 } } };
const LESS = { limits: { maxGrossNotional: '10000' } };

let stores = 0;
function rig({ gateway = BASE } = {}) {
  const told = {
    log: '',
    gateway: gateway as Config | null,
    asked: 0,
    broken: null as string | null,
    thrown: null as 'prepare' | 'preview' | null,
  };
  const stream = new PassThrough().on('data', (chunk) => {
    told.log += String(chunk);
  });
  const store = new BrainStore(join(dir, `${stores++}.sqlite`));
  const reload = new Reload({
    config: BASE,
    runs: makeRuns(BASE),
    prepare: async (wanted) => {
      if (told.thrown === 'prepare') throw new Error('disk gone');
      return told.broken === null ? ok(makeRuns(wanted)) : err([told.broken]);
    },
    ...{ store, log: rootLog({ process: 'test', level: 'info', stream }), wallMs: () => 9_000 },
    preview: (settings) => {
      if (told.thrown === 'preview') throw new Error('disk gone');
      return [`BTCUSDT amend buy under ${settings.runs.length} runs`];
    },
    ask: async () => {
      told.asked++;
      const { limits } = told.gateway ?? BASE;
      const hashes = { limitsHash: limitsHash(told.gateway ?? BASE), wantedHash: '' };
      return told.gateway && { limits, ...hashes, state: { refused: [], waiting: [], restart: [] }, log: [] };
    },
  });
  return { reload, told, store };
}

test('an edit is shown with the orders it moves, comes into force at the next turn, once, and is kept', async () => {
  const { reload, told, store } = rig();
  await reload.edit(file(WIDE));
  const audit = {
    ...{ atMs: 9_000, by: 'file' },
    changes: ['strategy.marketMaking.spreadBps: 2 -> 7'],
    orders: ['BTCUSDT amend buy under 1 runs'],
  };
  expect([reload.doc?.log, told.log]).toEqual([[], expect.stringMatching(/what would change at the next turn/)]);
  expect(reload.take()).toMatchObject({ audit, settings: { symbols: ['BTCUSDT'] } });
  expect([reload.take(), reload.doc?.log, store.configLog()]).toEqual([null, [audit], [audit]]);
  expect(told.log.match(/"msg":"Configuration changed"/g)).toHaveLength(1);
});

test('two edits before one turn come into force together, and one that is taken back not at all', async () => {
  const { reload } = rig();
  await Promise.all([reload.edit(file(WIDE)), reload.edit(file({ ...WIDE, exits: { stopLossPercent: 0.4 } }))]);
  const next = reload.take();
  expect(next?.audit.changes).toEqual(['strategy.marketMaking.spreadBps: 2 -> 7', 'exits.stopLossPercent: 0.5 -> 0.4']);
  expect(next?.settings.exits.stopLossPercent).toBe(0.4);
});

test('an edit that is refused, by the schema or by a strategy of a person, changes nothing and says why', async () => {
  const { reload, told } = rig();
  await reload.edit(err(['config.json:3: not JSON: comma expected']));
  expect([reload.doc?.state.refused, reload.take()]).toEqual([['config.json:3: not JSON: comma expected'], null]);
  told.broken = 'config.json: strategy.custom.mine.file: cannot be loaded';
  await reload.edit(file(WIDE));
  expect([reload.doc?.state.refused, reload.take()]).toEqual([[told.broken], null]);
  told.broken = null;
  await reload.edit(file(WIDE));
  expect([reload.doc?.state.refused, reload.take()?.audit.changes]).toEqual([[], ['strategy.marketMaking.spreadBps: 2 -> 7']]);
});

test('limits tighten by the file at once, and are never looser than the gateway’s', async () => {
  const { reload, told } = rig();
  await reload.begin();
  expect(reload.take()).toBeNull();
  await reload.edit(file({ limits: { maxGrossNotional: '90000000' } }));
  expect([reload.take(), reload.doc?.state.waiting]).toEqual([null, ['limits.maxGrossNotional: "20000" -> "90000000"']]);
  told.gateway = edited({ limits: { maxGrossNotional: '90000000' } }); // a person has confirmed it there
  const hash = limitsHash(told.gateway);
  reload.seen(hash);
  reload.seen(hash);
  await reload.edit(file({ limits: { maxGrossNotional: '90000000' } }));
  expect([told.asked, reload.doc?.limitsHash, reload.doc?.state.waiting]).toEqual([2, hash, []]);
  await reload.edit(file(LESS));
  expect(reload.doc?.limitsHash).toBe(limitsHash(edited(LESS)));
});

test('a gateway that does not answer is asked again, and its own limits hold until then', async () => {
  const { reload, told } = rig();
  told.gateway = null;
  await reload.begin();
  expect(reload.doc?.limitsHash).toBe(limitsHash(BASE));
  told.gateway = edited(LESS);
  reload.seen('new');
  await reload.edit(file({}));
  expect([told.asked, reload.doc?.limitsHash]).toEqual([2, limitsHash(edited(LESS))]);
});

test.each(['prepare', 'preview'] as const)(
  'an edit at which the %s throws changes nothing, is told, and the next one is taken',
  async (thrown) => {
    const { reload, told } = rig();
    told.thrown = thrown;
    await reload.edit(file(WIDE));
    expect([reload.doc?.state.refused, reload.take()]).toEqual([[expect.stringMatching(/^cannot be taken: Error: disk gone/)], null]);
    expect(told.log).toContain('Edit of the configuration failed');
    told.thrown = null;
    await reload.edit(file(WIDE));
    expect([reload.doc?.state.refused, reload.take()?.audit.changes]).toEqual([[], ['strategy.marketMaking.spreadBps: 2 -> 7']]);
  },
);
