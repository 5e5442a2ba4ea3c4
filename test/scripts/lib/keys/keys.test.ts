import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addKey, type KeysOptions, listKeys, removeKey, rotateKey } from '../../../../scripts/lib/keys/keys.ts';
import { loadConfig, loadCredentials } from '../../../../shared/config-file.ts';
import { takeCredentials } from '../../../../shared/io/take-credentials.ts';
import { readKeystore, writeKeystore } from '../../../../shared/io/keystore-file.ts';

const BASE = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../config.json'), 'utf8'));
const [KEY, SECRET, PHRASE] = ['PLANTED-key', 'PLANTED-secret', 'PLANTED passphrase'];
const PEM = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const home = mkdtempSync(join(tmpdir(), 'mmbot-keys-'));
let dir = '';
let said: string[] = [];

function put(name: string, text: string, mode = 0o600): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}
const options = (over: Partial<KeysOptions> = {}): KeysOptions => ({
  config: join(dir, 'config.json'),
  json: false,
  environment: 'testnet',
  key: false,
  yes: false,
  cost: 2 ** 12,
  from: join(dir, 'plain.json'),
  passphraseFile: join(dir, 'phrase'),
  ...over,
});
const configured = (testnet: object) => ({ ...BASE, environment: 'testnet', credentials: { ...BASE.credentials, testnet } });
const credentials = (testnet: object, env: NodeJS.ProcessEnv = {}) => {
  put('config.json', JSON.stringify(configured(testnet)));
  const loaded = loadConfig(join(dir, 'config.json'));
  if (!loaded.ok) throw new Error(loaded.error.join());
  return loadCredentials(loaded.value, env);
};
const refusal = async (act: () => Promise<unknown>): Promise<string> => {
  const problem = await Promise.resolve()
    .then(act)
    .then(
      () => 'done',
      (error: Error) => error.message,
    );
  expect(problem).not.toMatch(/PLANTED/);
  return problem;
};

beforeEach(() => {
  dir = mkdtempSync(join(home, 'case-'));
  said = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  put('config.json', JSON.stringify(BASE));
  put('plain.json', JSON.stringify({ apiKey: KEY, secret: SECRET }));
  put('phrase', `${PHRASE}\n`);
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(said.join('')).not.toMatch(/PLANTED/);
});
afterAll(() => rmSync(home, { recursive: true }));

test('a key that was added is taken from the keystore, by file and by variable, and from nowhere else', async () => {
  expect(await addKey(options(), 'testnet')).toBe(0);
  expect(said.join('')).toContain('{"credentials":{"testnet":{"keystore":"keys.json"}}}');
  expect(statSync(join(dir, 'keys.json')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(dir, 'keys.json'), 'utf8')).not.toMatch(/PLANTED/);
  const want = { ok: true, value: { apiKey: KEY, secret: SECRET } };
  expect(credentials({ keystore: 'keys.json', passphraseFile: 'phrase' })).toEqual(want);
  expect(credentials({ keystore: 'keys.json', passphraseEnv: 'PHRASE' }, { PHRASE })).toEqual(want);
  put('.env', `PHRASE="${PHRASE}"\n`);
  expect(credentials({ keystore: 'keys.json', passphraseEnv: 'PHRASE' })).toEqual(want);
  const ways = { apiKeyEnv: 'A', secretEnv: 'B' };
  expect(credentials({ ...ways, keystore: 'keys.json', passphraseFile: 'phrase' }, { A: 'other', B: 'other' })).toEqual(want);
});

test.each<[string, object, RegExp]>([
  [
    'a wrong passphrase',
    { keystore: 'keys.json', passphraseFile: 'wrong' },
    /keys\.json: key testnet: wrong passphrase, or the file was changed$/,
  ],
  ['no passphrase', { keystore: 'keys.json' }, /no passphrase: type it at a terminal, or name passphraseFile or passphraseEnv/],
  ['an empty variable', { keystore: 'keys.json', passphraseEnv: 'NONE' }, /environment variable NONE is empty/],
  ['a passphrase that others can read', { keystore: 'keys.json', passphraseFile: 'open' }, /open: mode 0644 lets others read/],
  ['no such key', { keystore: 'keys.json', key: 'other', passphraseFile: 'phrase' }, /holds no key other/],
  [
    'a key of another environment',
    { keystore: 'keys.json', key: 'main', passphraseFile: 'phrase' },
    /was added for mainnet, not for testnet/,
  ],
  ['no such keystore', { keystore: 'none.json', passphraseFile: 'phrase' }, /holds no key testnet.*scripts\/mm keys add/],
  ['a file that is none', { keystore: 'plain.json', passphraseFile: 'phrase' }, /plain\.json: not a keystore/],
  ['a keystore that others can read', { keystore: 'shown.json', passphraseFile: 'phrase' }, /shown\.json: mode 0640 lets others read/],
])('%s is one line without a secret', async (_name, testnet, line) => {
  await addKey(options(), 'testnet');
  await addKey(options({ environment: 'mainnet' }), 'main');
  put('wrong', 'PLANTED other words');
  put('open', PHRASE, 0o644);
  put('shown.json', readFileSync(join(dir, 'keys.json'), 'utf8'), 0o640);
  const result = credentials(testnet);
  expect(result).toMatchObject({ ok: false, error: expect.stringMatching(line) });
  expect(JSON.stringify(result)).not.toMatch(/PLANTED|\\n/);
});

test('rotate gives a new passphrase, or a new key under the old one; the other is gone', async () => {
  await addKey(options(), 'testnet');
  put('phrase2', 'PLANTED and newer');
  expect(await rotateKey(options({ newPassphraseFile: join(dir, 'phrase2') }), 'testnet')).toBe(0);
  expect(credentials({ keystore: 'keys.json', passphraseFile: 'phrase' })).toMatchObject({ ok: false });
  expect(credentials({ keystore: 'keys.json', passphraseFile: 'phrase2' })).toEqual({ ok: true, value: { apiKey: KEY, secret: SECRET } });
  expect(await refusal(() => rotateKey(options({ newPassphraseFile: join(dir, 'phrase') }), 'testnet'))).toMatch(/wrong passphrase/);
  put('plain.json', JSON.stringify({ apiKey: 'PLANTED-key-2', secret: PEM }));
  expect(await rotateKey(options({ key: true, passphraseFile: join(dir, 'phrase2') }), 'testnet')).toBe(0);
  expect(credentials({ keystore: 'keys.json', passphraseFile: 'phrase2' })).toEqual({
    ok: true,
    value: { apiKey: 'PLANTED-key-2', secret: PEM },
  });
});

test('list needs no passphrase and tells no secret; remove asks for --yes', async () => {
  await addKey(options(), 'testnet');
  said = [];
  await listKeys(options());
  expect(said.join('')).toMatch(/^NAME +ENVIRONMENT +KIND +ACCOUNT +SEALED\ntestnet +testnet +hmac +[0-9a-f]{12} +\d{4}-/);
  await listKeys(options({ json: true }));
  expect(JSON.parse(said.at(-1) ?? '').keys).toEqual([expect.objectContaining({ name: 'testnet', kind: 'hmac' })]);
  expect(await refusal(() => removeKey(options(), 'testnet'))).toMatch(/add --yes/);
  await removeKey(options({ yes: true }), 'testnet');
  await listKeys(options());
  expect(said.at(-1)).toMatch(/holds no key/);
});

test.each<[string, () => Partial<KeysOptions>, string, RegExp]>([
  ['a bad name', () => ({}), 'Test net', /allowed is a name/],
  ['a short passphrase', () => ({ passphraseFile: put('short', 'short') }), 'testnet', /shorter than 10 bytes/],
  ['a key file that others read', () => ({ from: put('open.json', '{}', 0o644) }), 'testnet', /mode 0644/],
  ['half a key', () => ({ from: put('half.json', '{"apiKey":"PLANTED"}') }), 'testnet', /does not hold/],
  [
    'a key with a line end',
    () => ({ from: put('nl.json', JSON.stringify({ apiKey: 'PLANTED\n', secret: 's' })) }),
    'testnet',
    /blanks or line ends/,
  ],
  [
    'a key that nobody signs with',
    () => ({ from: put('pem.json', JSON.stringify({ apiKey: 'a', secret: '-----BEGIN PRIVATE KEY-----\nPLANTED' })) }),
    'testnet',
    /cannot be read/,
  ],
])('add refuses %s, and writes nothing', async (_name, over, name, line) => {
  expect(await refusal(() => addKey(options(over()), name))).toMatch(line);
  expect(readdirSync(dir)).not.toContain('keys.json');
});

test('two writers: the second one is told, and a name is never taken twice', async () => {
  await addKey(options(), 'testnet');
  expect(await refusal(() => addKey(options(), 'testnet'))).toMatch(/holds a key testnet already/);
  const before = readKeystore(join(dir, 'keys.json'));
  if (!before.ok) throw new Error(before.error);
  await addKey(options(), 'second');
  expect(writeKeystore(before.value, before.value.keystore)).toMatch(/changed meanwhile/);
  expect(Object.keys(JSON.parse(readFileSync(join(dir, 'keys.json'), 'utf8')).keys)).toEqual(['testnet', 'second']);
  expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a name that every object of the engine knows is a name like any other', async () => {
  await addKey(options(), 'testnet');
  expect(credentials({ keystore: 'keys.json', key: 'constructor', passphraseFile: 'phrase' })).toMatchObject({
    ok: false,
    error: expect.stringMatching(/holds no key constructor/),
  });
  expect(await refusal(() => rotateKey(options(), 'constructor'))).toMatch(/holds no key constructor/);
  await addKey(options(), 'constructor');
  expect(credentials({ keystore: 'keys.json', key: 'constructor', passphraseFile: 'phrase' })).toMatchObject({ ok: true });
});

test('a write that is cut short, as by a full disk, leaves the old file whole', async () => {
  for (const name of ['first', 'second']) await addKey(options(), name);
  const before = readFileSync(join(dir, 'keys.json'), 'utf8');
  expect(before.length).toBeGreaterThan(1_024);
  const module = join(import.meta.dirname, '../../../../shared/io/keystore-file.ts');
  const script = `import { readKeystore, writeKeystore } from ${JSON.stringify(module)};
    const file = readKeystore(${JSON.stringify(join(dir, 'keys.json'))}).value;
    process.stdout.write(String(writeKeystore(file, file.keystore)));`;
  const args = ['-c', 'ulimit -f 1; exec "$0" --input-type=module-typescript -e "$1"', process.execPath, script]; // files of 1024 bytes at most
  const { stdout } = spawnSync('bash', args, { encoding: 'utf8' });
  expect(stdout).not.toBe('null'); // killed by the limit, or told of it
  expect(readFileSync(join(dir, 'keys.json'), 'utf8')).toBe(before);
});

test('what was read from the environment is taken out of it', async () => {
  put('config.json', JSON.stringify(configured({ apiKeyEnv: 'AA', secretEnv: 'BB' })));
  const loaded = loadConfig(join(dir, 'config.json'));
  if (!loaded.ok) throw new Error(loaded.error.join());
  const env: NodeJS.ProcessEnv = { AA: KEY, BB: SECRET, CC: 'stays' };
  expect(await takeCredentials(loaded.value, env)).toEqual({ ok: true, value: { apiKey: KEY, secret: SECRET } });
  expect(env).toEqual({ CC: 'stays' });
});

test('.env is used when nobody else can read it, and the environment goes before it', () => {
  put('.env', `AA=${KEY}\nBB="${SECRET}"\n# BB=no\n`);
  const ways = { apiKeyEnv: 'AA', secretEnv: 'BB' };
  expect(credentials(ways)).toEqual({ ok: true, value: { apiKey: KEY, secret: SECRET } });
  expect(credentials(ways, { AA: 'own', BB: 'own2' })).toEqual({ ok: true, value: { apiKey: 'own', secret: 'own2' } });
  chmodSync(join(dir, '.env'), 0o644);
  expect(credentials(ways)).toMatchObject({ ok: false, error: expect.stringMatching(/\.env: mode 0644 lets others read a key/) });
});
