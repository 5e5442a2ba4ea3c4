/** Where the secrets of `mm keys` come from: 0600 files, variables, or a person at the terminal. They leave through return values only. */
import { readSecretFile } from '../../../shared/config-file.ts';
import { valueAt } from '../../../shared/config-problem.ts';
import { askHidden } from '../../../shared/io/hidden-prompt.ts';
import { PASSPHRASE_MIN, type PlainKey, secretKind, wipe } from '../../../shared/keystore.ts';
import { readSecretText } from '../../../shared/secret-file.ts';
import { EXIT, Problem } from '../tool.ts';

/** `file` and `variable` name options of the command line, for who reads the sentence. */
export type PassphraseFrom = { readonly file: string | undefined; readonly variable: string | undefined; readonly prompt: string };
export type KeyFrom = { readonly from: string | undefined; readonly pem: string | undefined };

const usage = (sentence: string): Problem => new Problem(EXIT.usage, [sentence]);

/** Bytes for the caller to wipe. */
export async function passphrase({ file, variable, prompt }: PassphraseFrom): Promise<Buffer> {
  if (file !== undefined) {
    const text = readSecretText(file);
    if (!text.ok) throw usage(text.error);
    return Buffer.from(text.value);
  }
  if (variable !== undefined) {
    const value = process.env[variable];
    if (!value) throw usage(`environment variable ${variable} is empty`);
    return Buffer.from(value);
  }
  return typed(prompt);
}

/** A new one is typed twice, and may not be short. */
export async function newPassphrase(from: PassphraseFrom): Promise<Buffer> {
  const first = await passphrase(from);
  if (first.length < PASSPHRASE_MIN) {
    wipe(first);
    throw usage(`the passphrase is shorter than ${PASSPHRASE_MIN} bytes: allowed is a longer one`);
  }
  if (from.file !== undefined || from.variable !== undefined) return first;
  const second = await typed('the same again: ');
  const same = first.equals(second);
  wipe(second);
  if (same) return first;
  wipe(first);
  throw usage('the two passphrases differ: nothing was written');
}

/** `--from`: JSON of apiKey and secret; `--pem`: the private key alone, the API key is asked for. */
export async function plainKey({ from, pem }: KeyFrom): Promise<PlainKey> {
  const key = from === undefined ? await typedKey(pem) : keyIn(from);
  const kind = secretKind(key.secret);
  if (!kind.ok) throw usage(kind.error);
  if (!/^[\x21-\x7e]+$/.test(key.apiKey)) throw usage('the API key has blanks or line ends: paste it again');
  return key;
}

function keyIn(file: string): PlainKey {
  const content = readSecretFile(file);
  if (!content.ok) throw usage(content.error);
  const [apiKey, secret] = ['apiKey', 'secret'].map((name) => valueAt(content.value, [name]));
  if (typeof apiKey !== 'string' || typeof secret !== 'string' || !apiKey || !secret)
    throw usage(`${file}: does not hold {"apiKey":"…","secret":"…"}`);
  return { apiKey, secret };
}

async function typedKey(pem: string | undefined): Promise<PlainKey> {
  const text = pem === undefined ? null : readSecretText(pem);
  if (text?.ok === false) throw usage(text.error);
  const apiKey = await textTyped('API key: ');
  return { apiKey, secret: text ? text.value : await textTyped('secret: ') };
}

async function textTyped(prompt: string): Promise<string> {
  const bytes = await typed(prompt);
  const text = bytes.toString('utf8').trim();
  wipe(bytes);
  return text;
}

async function typed(prompt: string): Promise<Buffer> {
  const bytes = await askHidden(prompt);
  if (bytes !== null && bytes.length > 0) return bytes;
  throw usage(`${prompt.replace(/: $/, '')}: nothing was given: type it at a terminal, or name a 0600 file (see --help)`);
}
