/** Facts of a machine, a venue and an account in which the doctor finds nothing to mend; and the configuration they belong to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Facts } from '../../gateway/doctor/facts.ts';
import { OPEN_FACTS } from '../../gateway/venues/binance/unverified.ts';
import { checkConfig, type Config, overlay } from '../../shared/config.ts';
import { ok } from '../../shared/result.ts';

const BASE = JSON.parse(readFileSync(join(import.meta.dirname, '../../config.json'), 'utf8'));
const NOW_MS = 1_795_000_000_000;

export function doctorConfig(over: object = {}): Config {
  const checked = checkConfig(overlay({ ...BASE, environment: 'mainnet' }, over));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}

const data = { state: 'data', afterMs: 120 } as const;

export const HEALTHY: Facts = {
  nowMs: NOW_MS,
  machine: { node: 'v26.10.0', openFiles: ok(4_096), disk: ok({ freeBytes: 50e9, freeInodes: 1e6 }), timeSync: ok(true) },
  redis: ok({
    ...{ pingMs: 0.3, version: '7.0.15', role: 'master', maxMemory: 0, usedMemory: 1e6, policy: 'noeviction' },
    ...{ lastSaveOk: true, lastAppendOk: true, openToAll: ok(true), mayScript: true },
    settings: ok({
      ...{ bind: ['127.0.0.1', '-::1'], protectedMode: true, password: false, fsync: 'everysec' },
      ...{ appendOnly: false, stopsOnSaveError: true, save: '' },
    }),
  }),
  files: {
    config: { path: '/bot/config.json', mode: 0o644 },
    local: { path: '/bot/config.local.json', mode: 0o600 },
    runDir: { path: '/bot/run', writable: true, mode: 0o700, ours: true },
    socket: ok('/bot/run/mainnet-0123456789ab/gateway.sock'),
    ...{ socketFile: false, panicFile: null, locked: false, accounts: ['mainnet-0123456789ab'] },
    ledger: { path: '/bot/run/mainnet-0123456789ab/ledger.sqlite', bytes: 1e6, sound: ok(true) },
  },
  processes: ok([]),
  key: ok('0123456789ab'),
  venue: {
    ...{ host: 'https://venue.example', rest: ok(40), clockAheadMs: ok(3), realMoney: true },
    ...{ streams: { public: data, market: data, private: data }, orderSocket: null },
    account: ok({
      ...{ hedgeMode: false, multiAssets: false, canTrade: true, equity: { USDT: 10_000 }, foreignOrders: ok(0) },
      symbols: [{ symbol: 'BTCUSDT', leverage: 5, isolated: false }],
    }),
    rights: ok({ withdraw: false, futures: true, addressList: true }),
    contracts: ok([{ symbol: 'BTCUSDT', quoteAsset: 'USDT', trading: true, minNotional: 50, mark: 60_000 }]),
  },
  probe: ok({
    ...{ host: 'https://demo-fapi.binance.com', atVenue: true },
    environment: 'testnet',
    finishedMs: NOW_MS - 86_400_000,
    answers: Object.fromEntries(OPEN_FACTS.map(({ id }) => [id, 'as-assumed' as const])),
  }),
  unverified: OPEN_FACTS.map(({ id }) => id),
};
