/** The key for a process that goes on with it: a person is asked for the passphrase where nothing else holds it, and the environment forgets what was read. */
import { readFileSync } from 'node:fs';
import { keySource, loadCredentials, type Credentials, type Loaded, passphraseOf, sealedKeyOf } from '../config-file.ts';
import { withEnvFile } from '../env-file.ts';
import { wipe } from '../keystore.ts';
import { err, ok, type Result } from '../result.ts';
import { askHidden } from './hidden-prompt.ts';

/** Takes the variables with secrets out of `env`, so that no child and no report of a crash carries them. */
export async function takeCredentials(
  loaded: Loaded,
  env: NodeJS.ProcessEnv,
  { stdin = false } = {},
): Promise<Result<Credentials, string>> {
  const asked = stdin ? ok(firstLine()) : await askedPassphrase(loaded, env);
  if (!asked.ok) return asked;
  const credentials = loadCredentials(loaded, env, asked.value ?? undefined);
  if (asked.value) wipe(asked.value);
  dropSecrets(loaded, env);
  return credentials;
}

/** Null: none is needed, or it is found elsewhere. The bytes are the caller's to wipe. */
export async function askedPassphrase(loaded: Loaded, env: NodeJS.ProcessEnv): Promise<Result<Buffer | null, string>> {
  const source = keySource(loaded);
  if (!source?.keystore || (source.apiKey && source.secret)) return ok(null);
  const sealed = sealedKeyOf(loaded);
  if (!sealed.ok) return sealed;
  const from = withEnvFile(loaded.file, env);
  if (!from.ok) return from;
  const found = passphraseOf(loaded, from.value);
  if (!found.ok) return found;
  if (found.value !== null) {
    wipe(found.value);
    return ok(null);
  }
  const { name } = sealed.value.key.header;
  const typed = await askHidden(`passphrase of key ${name} in ${sealed.value.path}: `);
  return typed
    ? ok(typed)
    : err(
        `${sealed.value.path}: key ${name}: no passphrase was given: name passphraseFile or passphraseEnv beside keystore, or type it at a terminal`,
      );
}

/** Of stdin: how a supervisor hands over what a person typed, and how a password manager does. */
function firstLine(): Buffer {
  const bytes = readFileSync(0);
  const end = bytes.indexOf('\n');
  const line = Buffer.from(end < 0 ? bytes : bytes.subarray(0, end));
  wipe(bytes);
  return line;
}

function dropSecrets(loaded: Loaded, env: NodeJS.ProcessEnv): void {
  const { apiKeyEnv, secretEnv, passphraseEnv } = keySource(loaded) ?? {};
  for (const name of [apiKeyEnv, secretEnv, passphraseEnv]) if (name !== undefined) delete env[name];
}
