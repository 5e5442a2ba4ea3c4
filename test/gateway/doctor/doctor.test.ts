import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../gateway/doctor/doctor.ts';
import type { AccountFacts, Facts, RedisFacts } from '../../../gateway/doctor/facts.ts';
import type { Level } from '../../../gateway/doctor/finding.ts';
import { judgePreflight } from '../../../gateway/doctor/preflight.ts';
import { countLine, findingLines } from '../../../scripts/lib/doctor/lines.ts';
import { err, ok } from '../../../shared/result.ts';
import { doctorConfig, HEALTHY } from '../../kit/healthy.ts';

const config = doctorConfig();
type Settings = Extract<RedisFacts['settings'], { ok: true }>['value'];
const take = <T>(known: { ok: true; value: T } | { ok: false }): T => {
  if (!known.ok) throw new Error('not known');
  return known.value;
};
const redis = (over: Partial<RedisFacts>): Partial<Facts> => ({ redis: ok({ ...take(HEALTHY.redis), ...over }) });
const settings = (over: Partial<Settings>): Partial<Facts> => redis({ settings: ok({ ...take(take(HEALTHY.redis).settings), ...over }) });
const machine = (over: Partial<Facts['machine']>): Partial<Facts> => ({ machine: { ...HEALTHY.machine, ...over } });
const files = (over: Partial<Facts['files']>): Partial<Facts> => ({ files: { ...HEALTHY.files, ...over } });
const venue = (over: Partial<Facts['venue']>): Partial<Facts> => ({ venue: { ...HEALTHY.venue, ...over } });
const accountIs = (over: Partial<AccountFacts>): Partial<Facts> =>
  venue({ account: ok({ ...take(HEALTHY.venue.account ?? err('')), ...over }) });
const streams = (over: Partial<Facts['venue']['streams']>): Partial<Facts> => venue({ streams: { ...HEALTHY.venue.streams, ...over } });
const rights = (over: object): Partial<Facts> => venue({ rights: ok({ withdraw: false, futures: true, addressList: true, ...over }) });
const runs = (...kinds: readonly ('gateway' | 'brain' | 'watchdog')[]): Partial<Facts> => ({
  processes: ok(kinds.map((kind, n) => ({ pid: 100 + n, kind, config: '/bot/config.json' }))),
});
const silent = { state: 'silent', sentence: 'it opens, and nothing came within 8 s' } as const;
const probe = (over: object): Partial<Facts> => ({ probe: ok({ ...take(HEALTHY.probe ?? err('')), ...over }) });

type Planted = readonly [problem: string, facts: Partial<Facts>, id: string, level: Level, fix: RegExp];

const PLANTED: readonly Planted[] = [
  ['an old Node', machine({ node: 'v20.19.0' }), 'node', 'fail', /^npm ci/],
  ['few open files', machine({ openFiles: ok(1_000) }), 'open-files', 'warn', /ulimit -n 4096/],
  ['next to no open files', machine({ openFiles: ok(64) }), 'open-files', 'fail', /ulimit -n 4096/],
  ['a full disk', machine({ disk: ok({ freeBytes: 5e7, freeInodes: 1e6 }) }), 'disk', 'fail', /du -sh \/bot\/run/],
  ['no inodes', machine({ disk: ok({ freeBytes: 5e10, freeInodes: 10 }) }), 'inodes', 'fail', /df -i/],
  ['no time service', machine({ timeSync: ok(false) }), 'time-service', 'warn', /timedatectl set-ntp true/],
  ['a time service that is not told', machine({ timeSync: err('not told') }), 'time-service', 'unknown', /timedatectl/],
  ['no Redis', { redis: err('ECONNREFUSED') }, 'redis', 'fail', /systemctl start redis-server/],
  ['an old Redis', redis({ version: '5.0.7' }), 'redis-version', 'fail', /newer redis-server/],
  ['a replica', redis({ role: 'slave' }), 'redis-role', 'fail', /redis\.url/],
  ['a Redis that runs no script for us', redis({ mayScript: false }), 'redis-rights', 'warn', /\+eval/],
  ['a slow Redis', redis({ pingMs: 30 }), 'redis-speed', 'warn', /SLOWLOG/],
  ['a Redis that evicts', redis({ maxMemory: 1e9, policy: 'allkeys-lru' }), 'redis-memory', 'fail', /maxmemory-policy noeviction/],
  ['a Redis that evicts what expires', redis({ maxMemory: 1e9, policy: 'volatile-ttl' }), 'redis-memory', 'warn', /noeviction/],
  ['a Redis that is nearly full', redis({ maxMemory: 1e9, usedMemory: 9e8 }), 'redis-memory', 'warn', /CONFIG SET maxmemory/],
  ['a save that failed', redis({ lastSaveOk: false }), 'redis-saving', 'fail', /stop-writes-on-bgsave-error no/],
  ['an append that failed', redis({ lastAppendOk: false }), 'redis-saving', 'fail', /BGREWRITEAOF/],
  ['a flush at each write', settings({ appendOnly: true, fsync: 'always' }), 'redis-saving', 'warn', /appendfsync everysec/],
  [
    'a Redis open to the network',
    settings({ bind: ['*'], protectedMode: false }),
    'redis-exposure',
    'fail',
    /CONFIG SET bind 127\.0\.0\.1/,
  ],
  ['a Redis half open to it', settings({ bind: ['0.0.0.0'] }), 'redis-exposure', 'warn', /CONFIG SET bind 127\.0\.0\.1/],
  ['a Redis that does not tell', redis({ settings: err('CONFIG GET is not allowed') }), 'redis-exposure', 'unknown', /redis\.conf/],
  [
    'a configuration that others write',
    files({ config: { path: '/bot/config.json', mode: 0o666 } }),
    'config',
    'fail',
    /chmod go-w \/bot\/config\.json/,
  ],
  ['an overlay that others read', files({ local: { path: '/bot/config.local.json', mode: 0o644 } }), 'config-local', 'warn', /chmod 600/],
  ['a run folder of somebody else', files({ runDir: { ...HEALTHY.files.runDir, ours: false } }), 'run-folder', 'fail', /chown/],
  [
    'a run folder that cannot be written',
    files({ runDir: { ...HEALTHY.files.runDir, writable: false } }),
    'run-folder',
    'fail',
    /chmod u\+rwx/,
  ],
  ['a run folder that others write', files({ runDir: { ...HEALTHY.files.runDir, mode: 0o777 } }), 'run-folder', 'fail', /chmod go-w/],
  ['folders of two accounts', files({ accounts: ['mainnet-a', 'mainnet-b'] }), 'accounts', 'warn', /move those of old keys/],
  ['a socket path that is too long', files({ socket: err('Socket path has 120 bytes') }), 'socket', 'fail', /gateway\.socketPath/],
  ['a stale socket', files({ socketFile: true }), 'socket', 'warn', /^rm .*gateway\.sock$/],
  ['a broken ledger', files({ ledger: { path: '/l', bytes: 1, sound: err('damaged: page 3') } }), 'ledger', 'fail', /mv \/l \/l\.broken/],
  ['a ledger larger than the free disk', files({ ledger: { path: '/l', bytes: 6e10, sound: ok(true) } }), 'ledger', 'warn', /keepDays/],
  ['a PANIC file', files({ panicFile: '/bot/run/x/PANIC' }), 'panic-file', 'warn', /rm \/bot\/run\/x\/PANIC/],
  ['a brain without a gateway', runs('brain'), 'processes', 'warn', /^kill 100$/],
  ['two watchdogs', runs('watchdog', 'watchdog'), 'processes', 'warn', /^kill 101$/],
  ['no venue', venue({ rest: err('ENOTFOUND'), clockAheadMs: err('ENOTFOUND') }), 'rest', 'fail', /DNS and firewall/],
  ['a slow line', venue({ rest: ok(900) }), 'rest', 'warn', /nearer to the exchange/],
  ['a line slower than orders live', venue({ rest: ok(1_600) }), 'rest', 'fail', /recvWindowMs/],
  ['a clock a second ahead', venue({ clockAheadMs: ok(-1_000) }), 'clock', 'fail', /timedatectl set-ntp true/],
  ['a clock that drifts', venue({ clockAheadMs: ok(400) }), 'clock', 'warn', /timedatectl set-ntp true/],
  ['a clock far behind', venue({ clockAheadMs: ok(1_500) }), 'clock', 'fail', /chronyc makestep/],
  ['a public stream that is silent', streams({ public: silent }), 'stream-public', 'fail', /wrong route opens and stays silent/],
  [
    'a market stream that is refused',
    streams({ market: { state: 'failed', sentence: 'ECONNREFUSED' } }),
    'stream-market',
    'fail',
    /endpoints\.mainnet/,
  ],
  [
    'a private stream without events',
    streams({ private: silent }),
    'stream-private',
    'unknown',
    /start the gateway and .*scripts\/mm status/,
  ],
  [
    'one while the gateway runs',
    { ...streams({ private: silent }), files: { ...HEALTHY.files, locked: true } },
    'stream-private',
    'unknown',
    /^scripts\/mm status: its gateway runs, and `account live`/,
  ],
  ['an order socket that is silent', venue({ orderSocket: silent }), 'order-socket', 'fail', /wrong route/],
  [
    'no key',
    { key: err('credentials.mainnet: nothing is configured'), ...venue({ account: null, rights: null }) },
    'key',
    'fail',
    /scripts\/mm keys add/,
  ],
  ['a key that may withdraw', rights({ withdraw: true }), 'key-withdrawals', 'fail', /Enable Withdrawals off/],
  ['a key that may not trade', rights({ futures: false }), 'key-futures', 'fail', /Enable Futures/],
  ['a key for any address', rights({ addressList: false }), 'key-addresses', 'warn', /trusted addresses/],
  ['rights that are not told', venue({ rights: err('HTTP 500') }), 'key-rights', 'unknown', /no withdrawals/],
  ['an account that cannot be read', venue({ account: err('-2015') }), 'account', 'fail', /test-balance/],
  ['hedge mode', accountIs({ hedgeMode: true }), 'position-mode', 'fail', /one-way mode/],
  ['multi-assets', accountIs({ multiAssets: true }), 'asset-mode', 'warn', /single-asset mode/],
  ['an account that may not trade', accountIs({ canTrade: false }), 'account-trading', 'fail', /website/],
  ['foreign orders', accountIs({ foreignOrders: ok(2) }), 'foreign-orders', 'warn', /account of its own/],
  [
    'leverage above the limit',
    accountIs({ symbols: [{ symbol: 'BTCUSDT', leverage: 125, isolated: true }] }),
    'leverage-BTCUSDT',
    'fail',
    /20x or less/,
  ],
  ['a leverage that is not told', accountIs({ symbols: [] }), 'leverage-BTCUSDT', 'unknown', /website/],
  ['an empty account', accountIs({ equity: {} }), 'equity', 'fail', /transfer USDT/],
  ['limits far above the equity', accountIs({ equity: { USDT: 1_000 } }), 'limit-gross', 'warn', /lower it to 1000/],
  [
    'a position that margin never allows',
    accountIs({ equity: { USDT: 100 } }),
    'limit-BTCUSDT',
    'warn',
    /lower limits\.symbols\.BTCUSDT\.maxPosition/,
  ],
  [
    'a limit below the smallest order',
    venue({ contracts: ok([{ ...(take(HEALTHY.venue.contracts)[0] as never as object), minNotional: 9_999 } as never]) }),
    'limit-BTCUSDT',
    'fail',
    /maxOrderNotional/,
  ],
  ['a symbol that is not listed', venue({ contracts: err('Cannot trade "BTCUSDD"') }), 'symbol', 'fail', /correct symbols/],
  [
    'a symbol that does not trade',
    venue({ contracts: ok(take(HEALTHY.venue.contracts).map((row) => ({ ...row, trading: false }))) }),
    'symbol',
    'fail',
    /take it out of symbols/,
  ],
  ['a probe that never ran', { probe: null }, 'probe', 'warn', /scripts\/mm probe --environment testnet/],
  ['a probe that was killed', probe({ finishedMs: null }), 'probe', 'warn', /scripts\/mm probe/],
  ['a probe of a stand-in', probe({ host: 'http://127.0.0.1:18080', atVenue: false }), 'probe', 'warn', /scripts\/mm probe/],
  ['a probe of last year', probe({ finishedMs: HEALTHY.nowMs - 300 * 86_400_000 }), 'probe', 'warn', /scripts\/mm probe/],
  [
    'a venue that differs',
    probe({ answers: { ...take(HEALTHY.probe ?? err('')).answers, 'countdown-spares-stops': 'differs' } }),
    'probe',
    'warn',
    /scripts\/mm probe/,
  ],
  ['a probe of fewer points', probe({ answers: {} }), 'probe', 'warn', /scripts\/mm probe/],
];

describe('diagnose()', () => {
  test('finds nothing where all is well', () => {
    const findings = diagnose(HEALTHY, config);
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
    expect(judgePreflight(findings, { acceptUnverified: false })).toBeNull();
  });

  test.each(PLANTED)('finds %s, and says what mends it', (_name, planted, id, level, fix) => {
    const found = diagnose({ ...HEALTHY, ...planted }, config).filter((finding) => finding.id === id && finding.level !== 'ok');
    expect(found).toEqual([expect.objectContaining({ level, fix: expect.stringMatching(fix) })]);
  });

  test.each(PLANTED)('real money does not start with %s, when that is a failure or nothing was proved', (_name, planted, id, level) => {
    const findings = diagnose({ ...HEALTHY, ...planted }, config);
    const verdict = judgePreflight(findings, { acceptUnverified: false });
    const stops = level === 'fail' || id === 'probe';
    expect(verdict === null).toBe(!stops);
    if (verdict) expect([3, 4]).toContain(verdict.code);
  });

  test('where nobody answers, nothing is said of the symbols', () => {
    const found = diagnose({ ...HEALTHY, ...venue({ rest: err('x'), contracts: err('x') }) }, config);
    expect(found).toContainEqual(expect.objectContaining({ id: 'symbol', level: 'unknown' }));
  });

  test('hosts of real money under another name are a failure', () => {
    const found = diagnose(HEALTHY, doctorConfig({ environment: 'testnet' }));
    expect(found).toContainEqual(
      expect.objectContaining({ id: 'real-money', level: 'fail', fix: expect.stringMatching(/endpoints\.testnet/) }),
    );
  });

  test('a Redis elsewhere without encryption is a warning', () => {
    const found = diagnose(HEALTHY, doctorConfig({ redis: { url: 'redis://:secret@10.0.0.9:6379' } }));
    expect(found).toContainEqual(expect.objectContaining({ id: 'redis-encryption', level: 'warn' }));
    expect(JSON.stringify(found)).not.toContain('secret');
  });
});

describe('judgePreflight()', () => {
  const judge = (planted: Partial<Facts>, acceptUnverified = false) =>
    judgePreflight(diagnose({ ...HEALTHY, ...planted }, config), { acceptUnverified });

  test('what nobody has tried out needs a word of its own', () => {
    expect(judge({ probe: null })).toMatchObject({ code: 4, lines: [expect.stringMatching(/unverified on venue.*--accept-unverified/)] });
    expect(judge({ probe: null }, true)).toBeNull();
  });

  test('that word accepts nothing else', () => {
    expect(judge(accountIs({ hedgeMode: true }), true)).toMatchObject({ code: 4, lines: [expect.stringMatching(/doctor position-mode/)] });
  });

  test.each<[string, Partial<Facts>]>([
    ['Redis', { redis: err('ECONNREFUSED') }],
    ['REST', venue({ rest: err('ECONNREFUSED') })],
    ['a read of the account', venue({ account: err('no answer within 2000 ms') })],
    ['the public stream', streams({ public: silent })],
    ['the market stream', streams({ market: { state: 'failed', sentence: 'ECONNRESET' } })],
    ['the private stream', streams({ private: { state: 'failed', sentence: 'ECONNRESET' } })],
    ['the order socket', venue({ orderSocket: silent })],
  ])('who cannot be reached may be reached later, which another code says: %s', (_name, planted) => {
    expect(judge(planted, true)).toMatchObject({ code: 3 });
  });

  test('without findings nothing starts', () => {
    expect(judgePreflight([], { acceptUnverified: false })).toMatchObject({ code: 4 });
  });
});

test('lines fit 80 columns, say each finding once, and put what to do under it', () => {
  const findings = PLANTED.flatMap(([, planted]) => diagnose({ ...HEALTHY, ...planted }, config));
  const lines = findingLines(findings, (word) => word);
  expect(lines.filter((line) => line.length > 80 && line.trim().includes(' ') && !/\S{50}/.test(line))).toEqual([]);
  const shown = findingLines(diagnose({ ...HEALTHY, ...files({ socketFile: true }) }, config), (word) => word);
  expect(shown.join('\n')).toMatch(/\nwarn +socket +\/bot.*(\n +.*)*\n +fix: rm \/bot/);
  expect(countLine(diagnose({ ...HEALTHY, probe: null }, config))).toMatch(/^1 warn, \d+ ok$/);
});
