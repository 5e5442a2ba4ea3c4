/** The keystore on disk: read only when nobody else can read it, replaced in one step, so that a power failure leaves the old one or the new one. */
import { existsSync, readFileSync } from 'node:fs';
import { EMPTY_KEYSTORE, Keystore } from '../keystore.ts';
import { err, ok, type Result } from '../result.ts';
import { exposure } from '../secret-file.ts';
import { replaceFile } from './whole-file.ts';

/** As it was read: `write` refuses when it has become another one since. */
export type KeystoreFile = { readonly path: string; readonly text: string | null; readonly keystore: Keystore };

/** Empty when there is no file yet; one line when it may not or cannot be used. */
export function readKeystore(path: string): Result<KeystoreFile, string> {
  if (!existsSync(path)) return ok({ path, text: null, keystore: EMPTY_KEYSTORE });
  try {
    const [problem] = exposure(path);
    if (problem !== undefined) return err(problem);
    const text = readFileSync(path, 'utf8');
    const parsed = Keystore.safeParse(jsonOf(text));
    if (!parsed.success) return err(`${path}: not a keystore of this program (version 1): scripts/mm keys add makes one`);
    const mixed = Object.entries(parsed.data.keys).find(([name, { header }]) => header.name !== name);
    return mixed
      ? err(`${path}: key ${mixed[0]} carries the name of another one: the file was changed`)
      : ok({ path, text, keystore: parsed.data });
  } catch (error) {
    return err(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

/** One line when it could not be written; then the old one is whole. */
export function writeKeystore({ path, text }: KeystoreFile, keystore: Keystore): string | null {
  try {
    const now = existsSync(path) ? readFileSync(path, 'utf8') : null;
    if (now !== text) return `${path}: changed meanwhile by somebody else: nothing was written: try again`;
    replaceFile(path, `${JSON.stringify(keystore, null, 2)}\n`);
    return null;
  } catch (error) {
    return `${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): the old one is as it was`;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // answered as a file that is no keystore
  }
}
