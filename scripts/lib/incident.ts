/** `mm incident`: everything of one range of time that helps to understand it, in a folder that may be given to others. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publicConfig } from '../../shared/config.ts';
import type { Loaded } from '../../shared/config-file.ts';
import { TAPE_END } from '../../shared/io/tape-writer.ts';
import { hideSecrets, type Redact, redactorOf } from '../../shared/redact.ts';
import { findAccountDir, LEDGER_FILE } from '../../shared/socket-path.ts';
import { ledgerLines, logLines, type Taken, tapeBlocks } from './incident-parts.ts';
import { secretsOf } from './secrets.ts';
import { configOf, EXIT, type ExitCode, Problem, print } from './tool.ts';

export type IncidentOptions = {
  readonly config: string;
  readonly json: boolean;
  readonly from: number;
  readonly to: number;
  readonly out?: string;
};
/** What is in the bundle, and what could not be: one sentence each. */
export type Bundle = { readonly folder: string; readonly files: readonly BundledFile[]; readonly missing: readonly string[] };
type BundledFile = { readonly name: string; readonly bytes: number; readonly sha256: string };

export async function showIncident({ config, json, from, to, out }: IncidentOptions): Promise<ExitCode> {
  if (to <= from) throw new Problem(EXIT.usage, ['--to: is not after --from: allowed is a later UTC time']);
  const loaded = configOf(config);
  const range = { fromMs: from, toMs: to };
  const folder = resolve(out ?? `incident-${stamp(from)}-${stamp(to)}`);
  if (existsSync(folder)) throw new Problem(EXIT.usage, [`--out: ${folder}: is there already: allowed is a folder to be made`]);
  const bundle = await bundleIncident(loaded, { range, folder, hide: hiderOf(loaded, process.env) });
  if (json) print(JSON.stringify(bundle));
  else {
    for (const { name, bytes } of bundle.files) print(`${String(bytes).padStart(10)}  ${name}`);
    for (const sentence of bundle.missing) print(`   missing  ${sentence}`);
    print(`in ${bundle.folder}`);
  }
  return EXIT.done;
}

/** By value what the configuration leads to, and by name whatever is called so. */
export function hiderOf(loaded: Loaded, env: NodeJS.ProcessEnv): Redact {
  const hide = redactorOf(secretsOf(loaded, env));
  return (text) => hideSecrets(hide(text));
}

export async function bundleIncident(loaded: Loaded, { range, folder, hide }: Taken & { readonly folder: string }): Promise<Bundle> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const taken = { range, hide };
  const missing: string[] = [];
  put(folder, 'config.json', hide(`${JSON.stringify(publicConfig(loaded.config), null, 2)}\n`));
  const account = findAccountDir({ runDir: loaded.runDir, environment: loaded.config.environment });
  if (!account.ok) missing.push(account.error);
  else {
    missing.push(...putLedger(folder, { file: join(account.value, LEDGER_FILE), taken }));
    missing.push(...(await putTapes(folder, { tapes: resolve(account.value, loaded.config.record.folder), taken })));
  }
  const { dir } = loaded.config.log;
  missing.push(...(await putLogs(folder, { logs: [join(loaded.runDir, 'start'), ...(dir === null ? [] : [dir])], taken })));
  const files = readdirSync(folder)
    .sort()
    .map((name) => described(folder, name));
  const manifest = { from: utc(range.fromMs), to: utc(range.toMs), environment: loaded.config.environment, node: process.version };
  put(folder, 'manifest.json', `${JSON.stringify({ ...manifest, files, missing }, null, 2)}\n`);
  return { folder, files, missing };
}

type From<K extends string> = Readonly<Record<K, string>> & { readonly taken: Taken };

function putLedger(folder: string, { file, taken }: From<'file'>): readonly string[] {
  if (!existsSync(file)) return [`ledger: ${file} is not there`];
  try {
    put(
      folder,
      'ledger.jsonl',
      ledgerLines(file, taken)
        .map((line) => `${line}\n`)
        .join(''),
    );
    return [];
  } catch (problem) {
    return [`ledger: ${file}: ${problem instanceof Error ? problem.message : String(problem)}`];
  }
}

async function putTapes(folder: string, { tapes, taken }: From<'tapes'>): Promise<readonly string[]> {
  const names = existsSync(tapes) ? readdirSync(tapes).filter((name) => name.endsWith(TAPE_END)) : [];
  if (names.length === 0) return [`tape: ${tapes} holds none: it is written when record.on is true`];
  const missing: string[] = [];
  let found = 0;
  for (const name of names.sort()) {
    try {
      for await (const block of tapeBlocks(join(tapes, name), taken)) {
        found++;
        appendFileSync(join(folder, name), block, { mode: 0o600 });
      }
    } catch (problem) {
      missing.push(`tape: ${problem instanceof Error ? problem.message : String(problem)}`);
    }
  }
  return found === 0 ? [...missing, `tape: ${tapes} holds nothing of that time`] : missing;
}

type Logs = { readonly logs: readonly string[]; readonly taken: Taken };

/** Of each process one, those that were put aside first, the oldest at the beginning. */
async function putLogs(folder: string, { logs, taken }: Logs): Promise<readonly string[]> {
  const found = logs.flatMap((dir) => (existsSync(dir) ? readdirSync(dir).flatMap((name) => logFile(dir, name)) : []));
  if (found.length === 0) return [`logs: ${logs.join(', ')}: there are none; npm start writes them to the first`];
  for (const { path, into } of found.sort((a, b) => b.age - a.age)) {
    appendFileSync(join(folder, into), '', { mode: 0o600 });
    for await (const line of logLines(path, taken)) appendFileSync(join(folder, into), `${line}\n`);
  }
  return [];
}

function logFile(dir: string, name: string): readonly { readonly path: string; readonly into: string; readonly age: number }[] {
  const [, into, age = '0'] = /^(.+\.log)(?:\.(\d+))?$/.exec(name) ?? [];
  return into === undefined ? [] : [{ path: join(dir, name), into, age: Number(age) }];
}

const put = (folder: string, name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });

function described(folder: string, name: string): BundledFile {
  const content = readFileSync(join(folder, name));
  return { name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

const utc = (ms: number): string => new Date(ms).toISOString();
const stamp = (ms: number): string => utc(ms).slice(0, 19).replace(/[-:]/g, '');
