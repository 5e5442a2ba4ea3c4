import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PassThrough } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { Shadows } from '../../../brain/io/shadows.ts';
import { makeRuns } from '../../../brain/runs.ts';
import { settingsOf } from '../../../brain/settings.ts';
import { initialState, step } from '../../../brain/step.ts';
import { defineStrategy, ownStrategy, z } from '../../../brain/strategy/own.ts';
import { sealAlone } from '../../../brain/strategy/seat.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Config } from '../../../shared/config.ts';
import { rootLog } from '../../../shared/log.ts';
import type { ShadowDoc } from '../../../shared/brain-doc.ts';
import { config, fillDoc, SYMBOL, turn } from '../../kit/brain.ts';
import { type Next, ShadowDesk } from '../../kit/shadow.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-shadows-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const log = rootLog({ process: 'test', level: 'fatal', stream: new PassThrough().resume() });
let files = 0;
const WIDE = { id: 'wide', run: 'market-making', with: { spreadBps: 4 } };
const withShadow = (...shadow: object[]): Config => config({ strategy: { ...config().strategy, shadow } });

/** A brain that trades, as far as shadows see of it. */
class Lived {
  readonly path: string;
  readonly shadows: Shadows;
  readonly #settings;
  readonly #desk = new ShadowDesk();
  #state;
  /** What shadows were given last. */
  last!: Parameters<Shadows['take']>[0];

  constructor(cfg: Config, { path = join(dir, `${files++}.sqlite`), customs = new Map() } = {}) {
    this.path = path;
    this.shadows = new Shadows({ config: cfg, customs, clock: systemClock(), log, path });
    this.#settings = settingsOf(cfg, makeRuns(cfg, customs));
    this.#state = initialState(this.#settings);
  }

  take(next: Next = {}, fills: Parameters<Shadows['take']>[0]['fills'] = []): readonly ShadowDoc[] {
    const moment = this.#desk.moment(next);
    const stepped = step(this.#state, { settings: this.#settings, turn: turn(moment.documents, moment) });
    this.#state = stepped.state;
    this.last = { ...moment, ...stepped, fills };
    this.shadows.take(this.last);
    return this.shadows.docs();
  }
}

const rowsOf = (path: string, table: string): readonly Record<string, unknown>[] => {
  using db = new DatabaseSync(path);
  return db.prepare(`SELECT * FROM ${table}`).all();
};

test('other parameters want other quotes on the same snapshots; both are recorded, and the money of both told', () => {
  const lived = new Lived(withShadow(WIDE));
  const [first] = lived.take();
  expect(first).toMatchObject({
    shadow: 'wide',
    run: 'market-making',
    symbol: SYMBOL,
    reason: 'quoting',
    failure: null,
    net: '0',
    liveNet: '0',
  });
  expect(first?.quotes.map(({ price }) => price)).toEqual(['59988.00', '60012.10']);
  lived.take();
  const [filled] = lived.take({ trades: [{ price: '59980.00', size: '1.000', aggressor: 'sell' }] }, [
    fillDoc(1, { strategy: 'market-making' }),
  ]);
  expect(filled).toMatchObject({ position: '0.01', entryPrice: '59988', fills: 1, net: '0.000524' }); // 0.1205 won by mark, 0.119976 paid
  lived.shadows[Symbol.dispose]();
  const places = rowsOf(lived.path, 'intents').filter(({ kind, side }) => kind === 'place' && side === 'buy');
  expect(places.slice(0, 2).map(({ who, price, seq }) => [who, price, seq])).toEqual([
    ['market-making', '59994.00', 51],
    ['wide', '59988.00', 51],
  ]);
  expect(rowsOf(lived.path, 'fills').map(({ who, price }) => [who, price])).toEqual([
    ['market-making', '60000.00'],
    ['wide', '59988.00'],
  ]);
});

test('what it held goes on after a restart with the same parameters, and begins anew with others', () => {
  const before = new Lived(withShadow(WIDE));
  for (let n = 0; n < 2; n++) before.take();
  before.take({ trades: [{ price: '59980.00', size: '1.000', aggressor: 'sell' }] });
  before.shadows[Symbol.dispose]();
  const position = (spreadBps: number): string | undefined => {
    const after = new Lived(withShadow({ ...WIDE, with: { spreadBps } }), { path: before.path });
    const [doc] = after.take();
    after.shadows[Symbol.dispose]();
    return doc?.position;
  };
  expect([position(4), position(5)]).toEqual(['0.01', '0']);
});

test('a strategy that throws, a record that cannot be written and a turn that throws end the shadow, with a reason, and nothing else', () => {
  const own = defineStrategy({
    parameters: z.strictObject({ bad: z.boolean().default(false) }),
    initial: ({ bad }) => {
      if (bad) throw new Error('no beginning');
      return {};
    },
    decide: () => ({}),
  });
  const customs = new Map([
    ['own', (document: unknown) => sealAlone(ownStrategy(own, { name: 'own', parameters: own.parameters.parse(document), bars: null }))],
  ]);
  const strategy = {
    ...config().strategy,
    active: 'own',
    custom: { own: { file: 'own.ts' } },
    shadow: [
      { id: 'b', run: 'own', with: { bad: true } },
      { id: 'c', run: 'own' },
    ],
  };
  const [broken, sound] = new Lived(config({ strategy }), { customs }).take();
  expect([broken?.reason, broken?.failure, sound?.failure]).toEqual(['shadow-failed', expect.stringMatching(/no beginning/), null]);
  const noFile = join(dir, 'broken.sqlite');
  writeFileSync(noFile, 'this is no database, and it is not written over');
  const unrecorded = new Lived(withShadow(WIDE), { path: noFile });
  expect(unrecorded.shadows.runs).toEqual([]);
  expect(unrecorded.take()[0]).toMatchObject({
    reason: 'shadow-failed',
    failure: expect.stringMatching(/database/),
  });
  const lived = new Lived(withShadow(WIDE));
  expect(lived.take()[0]?.failure).toBeNull();
  lived.shadows.take({ ...lived.last, documents: { ...lived.last.documents, symbols: null as never } });
  expect(lived.shadows.docs()).toEqual([]); // not even told of nonsense
  expect(lived.take()[0]).toMatchObject({ reason: 'shadow-failed', failure: expect.stringMatching(/TypeError/), position: '0' });
});

test('a shadow that would have asked for the emergency stop ends, and its loss is kept', () => {
  const drawdownPercent = { warn: 0.05, act: 0.05 };
  const cfg = config({ strategy: { ...config().strategy, shadow: [WIDE] }, risk: { monitors: { drawdownPercent } } });
  const lived = new Lived(cfg);
  for (let n = 0; n < 2; n++) lived.take();
  const [held] = lived.take({ trades: [{ price: '59980.00', size: '1.000', aggressor: 'sell' }] });
  expect([held?.position, held?.failure]).toEqual(['0.01', null]);
  const [ended] = lived.take({ position: { markPrice: '59000.00' } });
  expect(ended).toMatchObject({
    reason: 'shadow-failed',
    failure: expect.stringMatching(/^emergency: breaker of account: drawdownPercent/),
  });
  expect(lived.shadows.runs).toEqual([]);
  const again = new Lived(cfg, { path: lived.path });
  expect(again.take()[0]?.position).toBe('0.01');
  for (const one of [lived, again]) one.shadows[Symbol.dispose]();
});

test('without shadows nothing is opened, run or told', () => {
  const lived = new Lived(config());
  expect([lived.take(), lived.shadows.runs]).toEqual([[], []]);
  expect(() => new DatabaseSync(lived.path, { readOnly: true })).toThrow();
});
