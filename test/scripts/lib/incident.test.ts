import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { bundleIncident, hiderOf } from '../../../scripts/lib/incident.ts';
import { readTapes } from '../../../scripts/sim/tape-folder.ts';
import { loadConfig } from '../../../shared/config-file.ts';
import { blockOf } from '../../../shared/tape-block.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { ROOT } from '../../kit/run.ts';

const root = mkdtempSync(join(tmpdir(), 'mmbot-incident-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const AT = Date.parse('2026-11-30T12:00:00Z');
const KEY = 'planted-api-key-0123456789';
const SECRET = 'planted/secret+with=odd&signs';
const TOKEN = 'planted-telegram-token';
const PASSWORD = 'planted-redis-password';
const ENV = { PLANTED_KEY: KEY, PLANTED_SECRET: SECRET, PLANTED_TOKEN: TOKEN };
const EVERYWHERE = `${KEY} ${SECRET} ${encodeURIComponent(SECRET)} ${TOKEN} ${PASSWORD} signature=0a1b2c3d4e5f {"listenKey":"pqia91ma19a5s61cv6a81va65sdf19v8"}`;
const SECRETS = [KEY, SECRET, encodeURIComponent(SECRET), TOKEN, PASSWORD, '0a1b2c3d4e5f', 'pqia91ma19a5s61cv6a81va65sdf19v8'];

const record = (seconds: number, source: TapeRecord['source'], raw: string): TapeRecord => ({
  atMs: AT + seconds * 1_000,
  source,
  name: 'x',
  raw,
});
const head = {
  ...{ format: 1, process: 'gateway', venue: 'binance', environment: 'testnet', symbols: ['BTCUSDT'], run: 'r', file: 1 },
  ...{ epoch: 1, wallMs: AT, monoMs: 0, config: null },
};

/** A run folder with a secret in every corner, and something before, in and after the time in question. */
function makeRun(): string {
  const config = {
    ...JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8')),
    ...{ environment: 'testnet', redis: { url: `redis://user:${PASSWORD}@127.0.0.1:6379` } },
    credentials: { testnet: { apiKeyEnv: 'PLANTED_KEY', secretEnv: 'PLANTED_SECRET' } },
    alerts: { channels: { phone: { kind: 'telegram', chatId: '1', tokenEnv: 'PLANTED_TOKEN' } } },
  };
  writeFileSync(join(root, 'config.json'), JSON.stringify(config));
  const account = join(root, 'run', 'testnet-0123456789ab');
  mkdirSync(join(account, 'tapes'), { recursive: true });
  mkdirSync(join(root, 'run', 'start'));
  const log = [-60, 10, 60].map(
    (s) => `{"level":30,"time":"${new Date(AT + s * 1_000).toISOString()}","msg":"at ${s}: ${EVERYWHERE}"}\n  and its stack\n`,
  );
  writeFileSync(join(root, 'run', 'start', 'gateway.log.1'), log.slice(0, 2).join('')); // was put aside
  writeFileSync(join(root, 'run', 'start', 'gateway.log'), log.slice(2).join(''));
  const db = new DatabaseSync(join(account, 'ledger.sqlite'));
  db.exec('CREATE TABLE transitions (client_id TEXT, at_us INTEGER, status TEXT, reason TEXT)');
  db.exec('CREATE TABLE orders (client_id TEXT, row TEXT, ended_ms INTEGER)');
  for (const s of [-60, 10, 60])
    db.prepare('INSERT INTO transitions VALUES (?, ?, ?, ?)').run(`${s}`, (AT + s * 1_000) * 1_000, 'open', EVERYWHERE);
  db.prepare('INSERT INTO orders VALUES (?, ?, ?)').run('ended-before', '{"n":1}', AT - 1);
  db.prepare('INSERT INTO orders VALUES (?, ?, ?)').run('lives', JSON.stringify({ text: EVERYWHERE }), null);
  db.close();
  const blocks = [
    blockOf([record(-90, 'head', JSON.stringify(head)), record(-90, 'instruments', '{}'), record(-80, 'stream', 'before')]),
    blockOf([record(-5, 'stream', 'just before'), record(10, 'rest', EVERYWHERE), record(20, 'stream', 'in')]),
    blockOf([record(31, 'stream', 'after')]),
  ];
  writeFileSync(join(account, 'tapes', 'gateway-20261130T115830000Z-r-0001.tape.zst'), Buffer.concat(blocks));
  return join(root, 'config.json');
}

test('mm incident bundles what belongs to the time, whole and without a single secret', async () => {
  const loaded = loadConfig(makeRun());
  if (!loaded.ok) throw new Error(loaded.error.join('\n'));
  const folder = join(root, 'bundle');
  const range = { fromMs: AT, toMs: AT + 30_000 };
  const bundle = await bundleIncident(loaded.value, { range, folder, hide: hiderOf(loaded.value, ENV) });
  expect(bundle.missing).toEqual([]);
  const tape = 'gateway-20261130T115830000Z-r-0001.tape.zst';
  expect(readdirSync(folder).sort()).toEqual(['config.json', tape, 'gateway.log', 'ledger.jsonl', 'manifest.json']);
  const records = (await Array.fromAsync(readTapes(join(folder, tape)))).flat();
  expect(records.map(({ source }) => source)).toEqual(['head', 'instruments', 'rest', 'stream']);
  const ledger = readFileSync(join(folder, 'ledger.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).client_id);
  expect(ledger).toEqual(['lives', '10']);
  const log = readFileSync(join(folder, 'gateway.log'), 'utf8').trim().split('\n');
  expect(log).toHaveLength(2);
  expect(log[0]).toContain('at 10: (hidden)');
  const texts = [...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')), ...records.map(({ raw }) => raw)].join(
    '\n',
  );
  for (const secret of SECRETS) expect(texts).not.toContain(secret);
  expect(texts.match(/\(hidden\)/g)?.length).toBeGreaterThan(20);
});

test('what is not there is said, and the rest is bundled', async () => {
  const file = join(root, 'bare.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8')), runDir: 'nowhere' }));
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join('\n'));
  const bundle = await bundleIncident(loaded.value, { range: { fromMs: 1, toMs: 2 }, folder: join(root, 'bare'), hide: (text) => text });
  expect(bundle.files.map(({ name }) => name)).toEqual(['config.json']);
  expect(bundle.missing).toEqual([expect.stringContaining('No gateway has run here'), expect.stringContaining('logs: ')]);
});
