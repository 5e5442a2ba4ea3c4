/** Reads config.json and the config.local.json beside it, and the API key of the environment. Every mistake is one line; nothing throws. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { type Config, checkConfig, overlay, PAPER_CREDENTIALS, problemLine, SIM_CREDENTIALS } from './config.ts';
import { valueAt } from './config-problem.ts';
import { lineOf, mistakeIn } from './json-lines.ts';
import { err, ok, type Result } from './result.ts';

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

/** The key of the configured environment: inline (already checked), file, or environment variables; our simulator's own by default, and the name of the paper account. */
export function loadCredentials(loaded: Loaded, env: NodeJS.ProcessEnv): Result<Credentials, string> {
  const found = findCredentials(loaded, env);
  const problem = found.ok ? secretProblem(found.value.secret) : null;
  return problem === null ? found : err(`credentials.${loaded.config.environment}: ${problem}`);
}

/** A secret that is a private key has to be one that the venues sign with. */
function secretProblem(secret: string): string | null {
  if (!secret.includes('PRIVATE KEY')) return null;
  const allowed = 'allowed is an unencrypted PKCS#8 PEM of type Ed25519 or RSA';
  try {
    const kind = createPrivateKey(secret).asymmetricKeyType;
    return kind === 'ed25519' || kind === 'rsa' ? null : `the private key is of type ${kind}: ${allowed}`;
  } catch {
    return `the private key cannot be read: ${allowed}`; // the library's words may quote the key
  }
}

function findCredentials({ config, file }: Loaded, env: NodeJS.ProcessEnv): Result<Credentials, string> {
  const { environment } = config;
  if (environment === 'paper') return ok(PAPER_CREDENTIALS);
  const source = config.credentials[environment];
  if (!source) return environment === 'sim' ? ok(SIM_CREDENTIALS) : err(missing(environment, 'nothing is configured'));
  if (source.apiKey && source.secret) return ok({ apiKey: source.apiKey, secret: source.secret });
  if (source.file) return readKeyFile(environment, resolve(dirname(file), source.file));
  if (source.apiKeyEnv && source.secretEnv) {
    const [apiKey, secret] = [env[source.apiKeyEnv], env[source.secretEnv]];
    return apiKey && secret
      ? ok({ apiKey, secret })
      : err(missing(environment, `environment variable ${apiKey ? source.secretEnv : source.apiKeyEnv} is empty`));
  }
  return err(missing(environment, 'neither apiKeyEnv and secretEnv, nor file, nor apiKey and secret are complete'));
}

const missing = (environment: string, why: string): string =>
  `credentials.${environment}: ${why}: allowed is {"apiKeyEnv":"NAME","secretEnv":"NAME"} or {"file":"path of a 0600 file"}`;

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

/** Why a file may not hold a key: others can read it, or git tracks it. */
function exposure(path: string): string[] {
  const mode = statSync(path).mode & 0o777;
  const lines =
    mode & 0o077 ? [`${path}: mode ${mode.toString(8).padStart(4, '0')} lets others read a key: allowed is 0600 (chmod 600)`] : [];
  const tracked = gitTracks(path);
  return tracked === 'no'
    ? lines
    : [...lines, `${path}: holds a key and ${GIT_SAYS[tracked]}: allowed is an untracked file or an environment variable`];
}

const GIT_SAYS = { yes: 'is tracked by git', unsure: 'git cannot say whether it tracks it' } as const;

function gitTracks(path: string): 'yes' | 'no' | 'unsure' {
  if (!isInRepository(dirname(path))) return 'no';
  try {
    execFileSync('git', ['-C', dirname(path), 'ls-files', '--error-unmatch', path], { stdio: 'ignore' });
    return 'yes';
  } catch (error) {
    const { code, status } = error as { code?: string; status?: number };
    return code === 'ENOENT' || status === 1 ? 'no' : 'unsure'; // without git, git cannot publish it; 1: not tracked
  }
}

function isInRepository(folder: string): boolean {
  return existsSync(join(folder, '.git')) || (dirname(folder) !== folder && isInRepository(dirname(folder)));
}
