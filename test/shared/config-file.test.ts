import { generateKeyPairSync } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { overlay, SIM_CREDENTIALS } from '../../shared/config.ts';
import { type Credentials, loadConfig, loadCredentials } from '../../shared/config-file.ts';
import type { Result } from '../../shared/result.ts';

const BASE = JSON.parse(readFileSync(join(import.meta.dirname, '../../config.json'), 'utf8'));
const KEY = 'PLANTEDKEYabcdefghijklmnop';
const SECRET = 'PLANTEDSECRETabcdefghijklmnop';
const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

type File = { readonly text: string; readonly mode?: number };
const json = (value: unknown, mode = 0o600): File => ({ text: JSON.stringify(value), mode });
const config = (over: unknown = {}, mode = 0o600): File => json(overlay(BASE, over), mode);
const inline = { environment: 'testnet', credentials: { testnet: { apiKey: KEY, secret: SECRET } } };

function folder(files: Readonly<Record<string, File>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-config-'));
  dirs.push(dir);
  for (const [name, { text, mode = 0o644 }] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
    chmodSync(join(dir, name), mode);
  }
  return dir;
}

function complaints(dir: string, name = 'config.json'): readonly string[] {
  const loaded = loadConfig(join(dir, name));
  const lines = loaded.ok ? [] : loaded.error;
  expect(lines.join('\n')).not.toMatch(/PLANTED/);
  return lines.map((line) => line.replaceAll(`${dir}/`, ''));
}

function credentials(dir: string, env: NodeJS.ProcessEnv = {}): Result<Credentials, string> {
  const loaded = loadConfig(join(dir, 'config.json'));
  if (!loaded.ok) throw new Error(loaded.error.join('\n'));
  const result = loadCredentials(loaded.value, env);
  if (!result.ok) expect(result.error).not.toMatch(/PLANTED/);
  return result;
}
/** A fresh private key as a PEM; the cast picks one signature of many. */
const pemOf = (type: 'ed25519' | 'x25519'): string =>
  generateKeyPairSync(type as 'ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
const refusal = (result: Result<unknown, string>): string => (result.ok ? 'accepted' : result.error);

test('loadConfig() lays config.local.json over config.json and finds the run folder beside it', () => {
  const dir = folder({ 'config.json': config({}, 0o644), 'config.local.json': json({ symbols: ['ETHUSDT'], runDir: 'state' }) });
  expect(loadConfig(join(dir, 'config.json'))).toMatchObject({
    ok: true,
    value: { config: { symbols: ['ETHUSDT'] }, file: join(dir, 'config.json'), runDir: join(dir, 'state') },
  });
});

test('loadConfig() says which of the two files holds the mistake', () => {
  const dir = folder({ 'config.json': config({ log: { level: 'loud' } }), 'config.local.json': json({ sim: { port: -1 }, foo: 1 }) });
  expect(complaints(dir)).toEqual([
    'config.local.json:1: sim.port: -1: allowed is at least 0',
    expect.stringMatching(/^config\.json:1: log\.level: "loud": allowed is one of/),
    expect.stringMatching(/^config\.local\.json:1: foo: unknown key/),
  ]);
});

test('loadConfig() gives the line of each mistake; of a missing value that of what is around it', () => {
  const { strategy: _, ...rest } = BASE;
  const text = JSON.stringify({ ...rest, strategy: { active: 'market-making', marketMaking: { spreadBps: -1 } } }, null, 2);
  const lines = text.split('\n');
  const at = (word: string): number => lines.findIndex((line) => line.includes(word)) + 1;
  expect(complaints(folder({ 'config.json': { text } }))).toEqual(
    expect.arrayContaining([
      `config.json:${at('"spreadBps"')}: strategy.marketMaking.spreadBps: -1: allowed is more than 0`,
      expect.stringMatching(`^config\\.json:${at('"marketMaking"')}: strategy\\.marketMaking\\.orderSize: missing`),
      expect.stringMatching(`^config\\.json:${at('"strategy"')}: strategy\\.macdTrend: missing`),
    ]),
  );
});

test('loadConfig() tells of a file that is not there, or no file', () => {
  const dir = folder({});
  expect(complaints(dir)).toEqual(['config.json: cannot be read (ENOENT): allowed is a readable JSON file']);
  mkdirSync(join(dir, 'config.json'));
  expect(complaints(dir)).toEqual(['config.json: cannot be read (EISDIR): allowed is a readable JSON file']);
});

test.each([
  [`{\n  "credentials": { "testnet": { "apiKey": ${KEY} } }\n}`, 2],
  [`{\n  "credentials": { "testnet": { "apiKey": "${KEY}" "secret": "x" } }\n}`, 2],
  [`{\n  "secret": "${SECRET}",\n}\n`, 3],
  [`{\n\n  secret: "${SECRET}"\n}\n`, 3],
  [`{ "secret": "${SECRET}\n" }`, 1],
  [`{ "secret": "${SECRET}" }\n{}`, 2],
  [`${SECRET}`, 1],
])('loadConfig() gives the line of what is not JSON, and no word of it', (text, line) => {
  expect(complaints(folder({ 'config.json': { text } }))).toEqual([
    expect.stringMatching(`^config\\.json:${line}: not JSON \\([a-z ]+\\): allowed is`),
  ]);
});

test.each(['', '{', '{"symbols": ["BTCUSDT"', '{"secret": "x'])('loadConfig() tells of a file that ends too early: %j', (text) => {
  expect(complaints(folder({ 'config.json': { text } }))).toEqual([
    expect.stringMatching(/^config\.json:1: not JSON \([a-z ]+\): allowed is one JSON object/),
  ]);
});

test('loadConfig() tells of a broken local file too', () => {
  const dir = folder({ 'config.json': config(), 'config.local.json': { text: '[1,]' } });
  expect(complaints(dir)).toEqual([expect.stringMatching(/^config\.local\.json:1: not JSON/)]);
});

test.each([0o644, 0o640, 0o604, 0o660])('loadConfig() refuses an inline key in a file of mode %o', (mode) => {
  const octal = mode.toString(8);
  expect(complaints(folder({ 'config.json': config(inline, mode) }))).toEqual([
    `config.json: mode 0${octal} lets others read a key: allowed is 0600 (chmod 600)`,
  ]);
  expect(complaints(folder({ 'config.json': config(), 'config.local.json': json(inline, mode) }))).toEqual([
    `config.local.json: mode 0${octal} lets others read a key: allowed is 0600 (chmod 600)`,
  ]);
});

test('loadConfig() takes an inline key from a 0600 file, in a repository too unless git tracks it', () => {
  const dir = folder({ 'deep/config.json': config(inline), 'config.json': config(inline) });
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { stdio: 'pipe' });
  expect([complaints(dir), complaints(dir, 'deep/config.json')]).toEqual([[], []]);
  git('init', '-q');
  expect([complaints(dir), complaints(dir, 'deep/config.json')]).toEqual([[], []]);
  git('add', 'deep/config.json');
  expect(complaints(dir)).toEqual([]);
  expect(complaints(dir, 'deep/config.json')).toEqual([
    'deep/config.json: holds a key and is tracked by git: allowed is an untracked file or an environment variable',
  ]);
});

test('loadConfig() trusts no repository that git cannot read', () => {
  const dir = folder({ 'config.json': config(inline), '.git': { text: 'gitdir: /nowhere' } });
  expect(complaints(dir)).toEqual([
    'config.json: holds a key and git cannot say whether it tracks it: allowed is an untracked file or an environment variable',
  ]);
});

test('loadCredentials() takes the inline key, the key file or the variables of the environment', () => {
  const want = { ok: true, value: { apiKey: KEY, secret: SECRET } };
  expect(credentials(folder({ 'config.json': config(inline) }))).toEqual(want);
  const byFile = { environment: 'testnet', credentials: { testnet: { file: 'keys/test.json' } } };
  expect(credentials(folder({ 'config.json': config(byFile), 'keys/test.json': json({ apiKey: KEY, secret: SECRET }) }))).toEqual(want);
  const dir = folder({ 'config.json': config({ environment: 'testnet' }) });
  expect(credentials(dir, { MMBOT_TESTNET_API_KEY: KEY, MMBOT_TESTNET_SECRET: SECRET })).toEqual(want);
});

test('loadCredentials() takes a private key to sign with', () => {
  const over = { environment: 'testnet', credentials: { testnet: { file: 'k.json' } } };
  const secret = pemOf('ed25519');
  expect(credentials(folder({ 'config.json': config(over), 'k.json': json({ apiKey: KEY, secret }) }))).toEqual({
    ok: true,
    value: { apiKey: KEY, secret },
  });
});

test('loadCredentials() uses the public ones of the simulator when sim names none', () => {
  expect(credentials(folder({ 'config.json': config() }))).toEqual({ ok: true, value: SIM_CREDENTIALS });
});

test.each<[string, unknown, RegExp]>([
  [
    'nothing is configured',
    { environment: 'mainnet', credentials: { mainnet: undefined } },
    /^credentials\.mainnet: nothing is configured: allowed is/,
  ],
  ['a variable is empty', { environment: 'testnet' }, /environment variable MMBOT_TESTNET_API_KEY is empty/],
  [
    'half a source',
    { environment: 'testnet', credentials: { testnet: { secretEnv: undefined } } },
    /neither keystore, nor apiKeyEnv and secretEnv, nor file, nor apiKey and secret are complete/,
  ],
])('loadCredentials() says in one line that %s', (_name, over, want) => {
  expect(refusal(credentials(folder({ 'config.json': config(over) })))).toMatch(want);
});

test('loadCredentials() names the second variable when only that one is missing', () => {
  const dir = folder({ 'config.json': config({ environment: 'testnet' }) });
  expect(refusal(credentials(dir, { MMBOT_TESTNET_API_KEY: KEY }))).toMatch(/variable MMBOT_TESTNET_SECRET is empty/);
});

test.each<[string, File | null, RegExp]>([
  ['is not there', null, /k\.json: cannot be read \(ENOENT\)/],
  ['others can read', json({ apiKey: KEY, secret: SECRET }, 0o640), /k\.json: mode 0640 lets others read a key/],
  ['is no JSON', { text: `{"apiKey":"${KEY}"`, mode: 0o600 }, /k\.json:1: not JSON/],
  ['holds null', json(null), /k\.json does not hold/],
  ['holds half', json({ apiKey: KEY }), /k\.json does not hold/],
  ['holds an empty secret', json({ apiKey: KEY, secret: '' }), /k\.json does not hold/],
  [
    'holds half a private key',
    json({ apiKey: KEY, secret: '-----BEGIN PRIVATE KEY-----\nPLANTED' }),
    /^credentials\.testnet: the private key cannot be read: allowed is/,
  ],
  [
    'holds a key of another type',
    json({ apiKey: KEY, secret: pemOf('x25519') }),
    /the private key is of type x25519: allowed is .* Ed25519 or RSA$/,
  ],
])('loadCredentials() refuses a key file that %s', (_name, file, want) => {
  const over = { environment: 'testnet', credentials: { testnet: { file: 'k.json' } } };
  expect(refusal(credentials(folder({ 'config.json': config(over), ...(file ? { 'k.json': file } : {}) })))).toMatch(want);
});
