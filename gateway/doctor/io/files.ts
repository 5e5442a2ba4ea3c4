/** Facts of the files of ours: modes, owners, what a dead gateway left. Changes nothing. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Loaded } from '../../../shared/config-file.ts';
import { PANIC_FILE } from '../../../shared/panic-file.ts';
import { err, ok } from '../../../shared/result.ts';
import { accountDirs, brainSocketPath, LEDGER_FILE } from '../../../shared/socket-path.ts';
import { isLockedFile } from '../../io/os-lock.ts';
import { isTestVenue } from '../../venues/io/examine.ts';
import type { FileFacts, ProbeFacts } from '../facts.ts';
import type { Known } from '../finding.ts';
import { ProbeReport } from '../probe-report.ts';

/** What `mm probe` writes into the run folder. */
export const PROBE_FILE = 'probe-testnet.json';
/** Above it only the beginning of the ledger is read. */
const WHOLE_BYTES_MAX = 200_000_000;

export type FilesAsked = { readonly loaded: Loaded /** Null: which account is not known. */; readonly accountDir: string | null };

export function fileFacts({ loaded, accountDir }: FilesAsked): FileFacts {
  const { config, file, runDir } = loaded;
  const localPath = join(dirname(file), 'config.local.json');
  const panic = accountDir === null ? null : join(accountDir, PANIC_FILE);
  const socket = brainSocketPath({
    accountDir: accountDir ?? join(runDir, `${config.environment}-${'0'.repeat(12)}`),
    configured: config.gateway.socketPath,
    runtimeDir: process.env['XDG_RUNTIME_DIR'],
  });
  return {
    config: { path: file, mode: modeOf(file) ?? 0 },
    local: existsSync(localPath) ? { path: localPath, mode: modeOf(localPath) ?? 0 } : null,
    runDir: folderOf(runDir),
    socket,
    socketFile: socket.ok && existsSync(socket.value),
    panicFile: panic !== null && existsSync(panic) ? panic : null,
    locked: accountDir !== null && isLockedFile(join(accountDir, 'lock.sqlite')),
    ledger: accountDir === null ? null : ledgerOf(join(accountDir, LEDGER_FILE)),
    accounts: accountDirs({ runDir, environment: config.environment }),
  };
}

const modeOf = (path: string): number | null => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? found.mode & 0o777 : null;
};

function folderOf(path: string): FileFacts['runDir'] {
  const at = existing(path);
  const { uid, mode } = statSync(at);
  const isThere = at === path;
  return { path, writable: mayWrite(at), mode: isThere ? mode & 0o777 : null, ours: !isThere || uid === process.getuid?.() };
}

const existing = (path: string): string => (existsSync(path) || dirname(path) === path ? path : existing(dirname(path)));

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false; // the only way this call says no
  }
}

function ledgerOf(path: string): FileFacts['ledger'] {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? { path, bytes: found.size, sound: soundness(path, found.size) } : null;
}

function soundness(path: string, bytes: number): Known<true> {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
    const told =
      bytes > WHOLE_BYTES_MAX ? db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() : db.prepare('PRAGMA quick_check(1)').get();
    const word = Object.values(told ?? {})[0];
    return typeof word === 'number' || word === 'ok' ? ok(true) : err(`damaged: ${String(word)}`);
  } catch (error) {
    return err(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    db?.close();
  }
}

/** Null: there is no report. */
export function probeFacts(runDir: string): Known<ProbeFacts> | null {
  const path = join(runDir, PROBE_FILE);
  if (!existsSync(path)) return null;
  try {
    const report = ProbeReport.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!report.success) return err(`${path} is not a report of this program`);
    const { environment, host, finishedMs, facts } = report.data;
    return ok({
      environment,
      host,
      atVenue: isTestVenue(host),
      finishedMs,
      answers: Object.fromEntries(facts.map(({ id, verdict }) => [id, verdict])),
    });
  } catch {
    return err(`${path} cannot be read`);
  }
}
