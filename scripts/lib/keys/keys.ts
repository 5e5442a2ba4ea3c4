/** `mm keys`: adds, lists, changes and removes keys of the encrypted keystore. No secret is ever shown. */
import { dirname, relative, resolve } from 'node:path';
import { accountHash } from '../../../shared/config.ts';
import { keySource, type Loaded } from '../../../shared/config-file.ts';
import { type KeystoreFile, readKeystore, writeKeystore } from '../../../shared/io/keystore-file.ts';
import {
  KEY_NAME,
  type KeyHeader,
  keyNamed,
  openKey,
  type PlainKey,
  type SealedKey,
  sealKey,
  secretKind,
  wipe,
} from '../../../shared/keystore.ts';
import { table } from '../table.ts';
import { configOf, EXIT, type ExitCode, Problem, print } from '../tool.ts';
import { newPassphrase, passphrase, plainKey } from './ask.ts';

export type KeysOptions = {
  readonly config: string;
  readonly keystore?: string;
  readonly json: boolean;
  readonly environment: KeyHeader['environment'];
  readonly from?: string;
  readonly pem?: string;
  readonly passphraseFile?: string;
  readonly passphraseEnv?: string;
  readonly newPassphraseFile?: string;
  readonly newPassphraseEnv?: string;
  /** Rotate: a new key under the old name and passphrase. */
  readonly key: boolean;
  readonly yes: boolean;
  /** Of scrypt; absent: the usual. */
  readonly cost?: number;
};

const DEFAULT_FILE = 'keys.json';

export async function addKey(options: KeysOptions, name: string): Promise<ExitCode> {
  const { loaded, file } = open(options);
  if (!KEY_NAME.test(name)) throw usage(`${name}: allowed is a name of small letters, digits and "-", at most 31`);
  if (keyNamed(file.keystore, name)) throw usage(`${file.path} holds a key ${name} already: scripts/mm keys rotate ${name}`);
  const plain = await plainKey({ from: options.from, pem: options.pem });
  const phrase = await newPassphrase(oldFrom(options, `new passphrase of key ${name}: `));
  const key = sealed(plain, { phrase, name, environment: options.environment, ...costOf(options) });
  save(file, { ...file.keystore.keys, [name]: key });
  print(`added: key ${name} (${key.header.kind}, account ${key.header.account}) to ${file.path}`);
  const { environment } = options;
  const beside = relative(dirname(loaded.file), file.path);
  const named = name === environment ? { keystore: beside } : { keystore: beside, key: name };
  print(`in config.local.json: ${JSON.stringify({ credentials: { [environment]: named } })}`);
  if (options.from !== undefined) print(`${options.from} still holds the key in the clear: delete it (shred -u)`);
  return EXIT.done;
}

export function listKeys(options: KeysOptions): Promise<ExitCode> {
  const { file } = open(options);
  const headers = Object.values(file.keystore.keys).map(({ header }) => header);
  const rows = headers.map(({ name, environment, kind, account, createdMs }) => ({ name, environment, kind, account, createdMs }));
  if (options.json) print(JSON.stringify({ keystore: file.path, keys: rows }));
  else if (rows.length === 0) print(`${file.path} holds no key: scripts/mm keys add NAME --environment testnet`);
  else
    print(
      ...table(
        [{ title: 'NAME' }, { title: 'ENVIRONMENT' }, { title: 'KIND' }, { title: 'ACCOUNT' }, { title: 'SEALED' }],
        rows.map((row) => [
          row.name,
          row.environment,
          row.kind,
          row.account,
          new Date(row.createdMs).toISOString().slice(0, 16).replace('T', ' '),
        ]),
      ),
    );
  return Promise.resolve(EXIT.done);
}

/** A new passphrase for the same key, or with `--key` a new key under the same name and passphrase. */
export async function rotateKey(options: KeysOptions, name: string): Promise<ExitCode> {
  const { file } = open(options);
  const old = found(file, name);
  const phrase = await passphrase(oldFrom(options, `passphrase of key ${name}: `));
  try {
    const plain = openKey(old, phrase);
    if (!plain) throw new Problem(EXIT.refused, [`${file.path}: key ${name}: wrong passphrase, or the file was changed`]);
    const key = options.key ? await newKey(options, { old, phrase }) : await newSeal(options, { old, plain });
    save(file, { ...file.keystore.keys, [name]: key });
    print(
      options.key
        ? `rotated: key ${name} is now account ${key.header.account} (${key.header.kind})`
        : `rotated: key ${name} has a new passphrase`,
    );
    if (options.key) print('switch the old key off on the website of the exchange, then start the processes anew');
    return EXIT.done;
  } finally {
    wipe(phrase);
  }
}

async function newKey(options: KeysOptions, { old, phrase }: { readonly old: SealedKey; readonly phrase: Buffer }): Promise<SealedKey> {
  const plain = await plainKey({ from: options.from, pem: options.pem });
  return sealed(plain, { phrase: Buffer.from(phrase), name: old.header.name, environment: old.header.environment, ...costOf(options) });
}

async function newSeal(options: KeysOptions, { old, plain }: { readonly old: SealedKey; readonly plain: PlainKey }): Promise<SealedKey> {
  const { name, environment } = old.header;
  const from = { file: options.newPassphraseFile, variable: options.newPassphraseEnv, prompt: `new passphrase of key ${name}: ` };
  return sealed(plain, { phrase: await newPassphrase(from), name, environment, ...costOf(options) });
}

export function removeKey(options: KeysOptions, name: string): Promise<ExitCode> {
  const { file } = open(options);
  found(file, name);
  if (!options.yes) throw new Problem(EXIT.refused, [`key ${name} of ${file.path} cannot be brought back: add --yes when you want that`]);
  const { [name]: _, ...rest } = file.keystore.keys;
  save(file, rest);
  print(`removed: key ${name}; switch it off on the website of the exchange when nobody needs it any more`);
  return Promise.resolve(EXIT.done);
}

type Opened = { readonly loaded: Loaded; readonly file: KeystoreFile };

function open({ config, keystore }: KeysOptions): Opened {
  const loaded = configOf(config);
  const configured = keySource(loaded)?.keystore;
  const path = keystore === undefined ? resolve(dirname(loaded.file), configured ?? DEFAULT_FILE) : resolve(keystore);
  const file = readKeystore(path);
  if (!file.ok) throw usage(file.error);
  return { loaded, file: file.value };
}

function found({ path, keystore }: KeystoreFile, name: string): SealedKey {
  const key = keyNamed(keystore, name);
  if (!key) throw usage(`${path} holds no key ${name}: it has ${Object.keys(keystore.keys).join(', ') || 'none'}`);
  return key;
}

type Sealing = { readonly phrase: Buffer; readonly name: string; readonly environment: KeyHeader['environment']; readonly cost?: number };

/** Wipes the passphrase. */
function sealed(plain: PlainKey, { phrase, ...about }: Sealing): SealedKey {
  const kind = secretKind(plain.secret);
  if (!kind.ok) throw usage(kind.error);
  try {
    return sealKey(plain, { ...about, passphrase: phrase, kind: kind.value, account: accountHash(plain.apiKey), createdMs: Date.now() });
  } finally {
    wipe(phrase);
  }
}

function save(file: KeystoreFile, keys: Readonly<Record<string, SealedKey>>): void {
  const problem = writeKeystore(file, { ...file.keystore, keys });
  if (problem !== null) throw new Problem(EXIT.failed, [problem]);
}

const oldFrom = ({ passphraseFile, passphraseEnv }: KeysOptions, prompt: string) => ({
  file: passphraseFile,
  variable: passphraseEnv,
  prompt,
});
const costOf = ({ cost }: KeysOptions) => (cost === undefined ? {} : { cost });
const usage = (sentence: string): Problem => new Problem(EXIT.usage, [sentence]);
