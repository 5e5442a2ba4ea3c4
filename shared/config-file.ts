/** Reads config.json and the config.local.json beside it, and the API key of the environment. Every mistake is one line; nothing throws. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { type Config, checkConfig, overlay, PAPER_CREDENTIALS, problemLine, SIM_CREDENTIALS } from './config.ts';
import { valueAt } from './config-problem.ts';
import { lineOf, mistakeIn } from './json-lines.ts';
import { withEnvFile } from './env-file.ts';
import { readKeystore } from './io/keystore-file.ts';
import { keyNamed, openKey, type SealedKey, secretKind, wipe } from './keystore.ts';
import { err, ok, type Result } from './result.ts';
import { exposure, readSecretText } from './secret-file.ts';

export type Loaded = { readonly config: Config; readonly file: string /** Absolute. */; readonly runDir: string };
export type Credentials = { readonly apiKey: string; readonly secret: string };

/** Lines to print before exit code 2. `over`: a file of values that hold in this run only, over all that is configured. */
export function loadConfig(file: string, over?: string): Result<Loaded, readonly string[]> {
  const path = resolve(file);
  const base = readJson(path);
  if (!base.ok) return base;
  const run = over === undefined ? ok(NOTHING_OVER) : readRunValues(resolve(over));
  if (!run.ok) return run;
  const localPath = join(dirname(path), 'config.local.json');
  const local = existsSync(localPath) ? readJson(localPath) : ok({ text: '', value: {} });
  if (!local.ok) return local;
  const exposed = [
    ...(hasInlineKey(base.value.value) ? exposure(path) : []),
    ...(hasInlineKey(local.value.value) ? exposure(localPath) : []),
  ];
  if (exposed.length > 0) return err(exposed);
  const checked = checkConfig(laidOver(overlay(base.value.value, local.value.value), run.value));
  if ('problems' in checked)
    return err(
      checked.problems.map((problem) => {
        const steps = problem.path.split('.');
        const isLocal = valueAt(local.value.value, steps) !== undefined;
        const [file, { text }] = isLocal ? [localPath, local.value] : [path, base.value];
        return `${file}:${lineOf(text, steps)}: ${problemLine(problem)}`;
      }),
    );
  const folder = dirname(path);
  return ok({ config: withPaths(checked.config, folder), file: path, runDir: resolve(folder, checked.config.runDir) });
}

/** What holds in one run only: paths that are as if nobody had configured them, and values over what is left. */
export const RunValues = z.strictObject({ without: z.array(z.string()), values: z.record(z.string(), z.unknown()) });
export type RunValues = Readonly<z.infer<typeof RunValues>>;

const NOTHING_OVER: RunValues = { without: [], values: {} };

function readRunValues(path: string): Result<RunValues, readonly string[]> {
  const document = readJson(path);
  if (!document.ok) return document;
  const parsed = RunValues.safeParse(document.value.value);
  return parsed.success ? ok(parsed.data) : err([`${path}: not the values of a run: allowed is {"without":[…],"values":{…}}`]);
}

const laidOver = (document: unknown, { without, values }: RunValues): unknown =>
  overlay(
    without.reduce((rest, path) => withoutPath(rest, path.split('.')), document),
    values,
  );

function withoutPath(document: unknown, [key = '', ...rest]: readonly string[]): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document) || !Object.hasOwn(document, key)) return document;
  const { [key]: child, ...others } = document as Record<string, unknown>;
  return rest.length === 0 ? others : { ...others, [key]: withoutPath(child, rest) };
}

/** Files of own strategies and the folder of logs by their whole paths, so that the configuration may be written down elsewhere. */
function withPaths(config: Config, folder: string): Config {
  const custom = Object.entries(config.strategy.custom).map(([name, one]) => [name, { ...one, file: resolve(folder, one.file) }] as const);
  const log = { ...config.log, dir: config.log.dir === null ? null : resolve(folder, config.log.dir) };
  return { ...config, strategy: { ...config.strategy, custom: Object.fromEntries(custom) }, log };
}

/**
 * The key of the configured environment: inline (already checked), encrypted keystore, file, or environment variables (those of the file
 * `.env` beside the configuration count, too); our simulator's own by default, and the name of the paper account. `passphrase`: what a
 * person typed for the keystore.
 */
export function loadCredentials(loaded: Loaded, env: NodeJS.ProcessEnv, passphrase?: Buffer): Result<Credentials, string> {
  const found = findCredentials(loaded, { env, passphrase });
  const kind = found.ok ? secretKind(found.value.secret) : null;
  return kind?.ok === false ? err(`credentials.${loaded.config.environment}: ${kind.error}`) : found;
}

type Source = NonNullable<Config['credentials']['testnet']>;
type From = { readonly env: NodeJS.ProcessEnv; readonly passphrase: Buffer | undefined };

/** Where the key of the configured environment comes from; null where none is needed, or none is configured. */
export function keySource({ config }: Pick<Loaded, 'config'>): Source | null {
  return config.environment === 'paper' ? null : (config.credentials[config.environment] ?? null);
}

function findCredentials(loaded: Loaded, { env: own, passphrase }: From): Result<Credentials, string> {
  const { environment } = loaded.config;
  if (environment === 'paper') return ok(PAPER_CREDENTIALS);
  const source = keySource(loaded);
  if (!source) return environment === 'sim' ? ok(SIM_CREDENTIALS) : err(missing(environment, 'nothing is configured'));
  if (source.apiKey && source.secret) return ok({ apiKey: source.apiKey, secret: source.secret });
  if (source.file && !source.keystore) return readKeyFile(environment, resolve(dirname(loaded.file), source.file));
  const env = withEnvFile(loaded.file, own);
  if (!env.ok) return env;
  if (source.keystore) return readSealedKey(loaded, { env: env.value, passphrase });
  if (source.apiKeyEnv && source.secretEnv) {
    const [apiKey, secret] = [env.value[source.apiKeyEnv], env.value[source.secretEnv]];
    return apiKey && secret
      ? ok({ apiKey, secret })
      : err(missing(environment, `environment variable ${apiKey ? source.secretEnv : source.apiKeyEnv} is empty`));
  }
  return err(missing(environment, 'neither keystore, nor apiKeyEnv and secretEnv, nor file, nor apiKey and secret are complete'));
}

const missing = (environment: string, why: string): string =>
  `credentials.${environment}: ${why}: allowed is {"apiKeyEnv":"NAME","secretEnv":"NAME"}, {"file":"path of a 0600 file"} or {"keystore":"path"} (scripts/mm keys add)`;

/** The sealed key that the configuration names, without opening it. */
export function sealedKeyOf(loaded: Loaded): Result<{ readonly key: SealedKey; readonly path: string }, string> {
  const { environment } = loaded.config;
  const { keystore = '', key: name = environment } = keySource(loaded) ?? {};
  const path = resolve(dirname(loaded.file), keystore);
  const file = readKeystore(path);
  if (!file.ok) return file;
  const key = keyNamed(file.value.keystore, name);
  if (!key) return err(missing(environment, `${path} holds no key ${name}`));
  if (key.header.environment !== environment)
    return err(`credentials.${environment}: key ${name} of ${path} was added for ${key.header.environment}, not for ${environment}`);
  return ok({ key, path });
}

function readSealedKey(loaded: Loaded, { env, passphrase: typed }: From): Result<Credentials, string> {
  const sealed = sealedKeyOf(loaded);
  if (!sealed.ok) return sealed;
  const { path, key } = sealed.value;
  const passphrase = typed === undefined ? passphraseOf(loaded, env) : ok(typed);
  if (!passphrase.ok) return passphrase;
  if (passphrase.value === null)
    return err(
      `${path}: key ${key.header.name}: no passphrase: type it at a terminal, or name passphraseFile or passphraseEnv beside keystore`,
    );
  const plain = openKey(key, passphrase.value);
  if (typed === undefined) wipe(passphrase.value);
  return plain ? ok(plain) : err(`${path}: key ${key.header.name}: wrong passphrase, or the file was changed`);
}

/** From the file or the variable that the configuration names; null: it names none, so a person has to be asked. */
export function passphraseOf(loaded: Loaded, env: NodeJS.ProcessEnv): Result<Buffer | null, string> {
  const { passphraseFile, passphraseEnv } = keySource(loaded) ?? {};
  if (passphraseFile !== undefined) {
    const text = readSecretText(resolve(dirname(loaded.file), passphraseFile));
    return text.ok ? ok(Buffer.from(text.value)) : text;
  }
  if (passphraseEnv === undefined) return ok(null);
  const value = env[passphraseEnv];
  return value ? ok(Buffer.from(value)) : err(`credentials.${loaded.config.environment}: environment variable ${passphraseEnv} is empty`);
}

/** JSON of a file that holds secrets: refused when others can read it or git tracks it. */
export function readSecretFile(path: string): Result<unknown, string> {
  const content = readJson(path);
  if (!content.ok) return err(content.error[0] ?? `${path}: cannot be read`);
  const exposed = exposure(path);
  return exposed[0] ? err(exposed[0]) : ok(content.value.value);
}

function readKeyFile(environment: string, path: string): Result<Credentials, string> {
  const content = readSecretFile(path);
  if (!content.ok) return content;
  const [apiKey, secret] = ['apiKey', 'secret'].map((name) => valueAt(content.value, [name]));
  if (typeof apiKey !== 'string' || typeof secret !== 'string' || !apiKey || !secret)
    return err(missing(environment, `${path} does not hold {"apiKey":"…","secret":"…"}`));
  return ok({ apiKey, secret });
}

type Document = { readonly text: string; readonly value: unknown };

function readJson(path: string): Result<Document, readonly string[]> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return err([`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): allowed is a readable JSON file`]);
  }
  try {
    return ok({ text, value: JSON.parse(text) });
  } catch {
    const { line, what } = mistakeIn(text) ?? { line: 1, what: 'unreadable' }; // the parser's own words quote the text
    return err([`${path}:${line}: not JSON (${what}): allowed is one JSON object`]);
  }
}

function hasInlineKey(document: unknown): boolean {
  const sections = Object.values((document as { credentials?: Record<string, unknown> } | null)?.credentials ?? {});
  return sections.some((section) => typeof section === 'object' && section !== null && ('apiKey' in section || 'secret' in section));
}
