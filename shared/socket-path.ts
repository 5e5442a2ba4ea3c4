/** Where a gateway listens: in the folder of its account, or, where that path is too long for a socket, in a short one of the user's own. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { err, ok, type Result } from './result.ts';

/** The ledger of an account, in its folder. */
export const LEDGER_FILE = 'ledger.sqlite';
/** What the paper account is, beside the ledger of the gateway that trades it. */
export const PAPER_STATE_FILE = 'paper.sqlite';

/** Linux: 108 bytes with the closing zero. */
export const SOCKET_PATH_BYTES_MAX = 107;

export type SocketOptions = {
  /** `<runDir>/<environment>-<accountHash>`. */
  readonly accountDir: string;
  /** gateway.socketPath of the config. */
  readonly configured: string | null;
  /** $XDG_RUNTIME_DIR. */
  readonly runtimeDir: string | undefined;
};

/** Path of the brain's socket; a sentence when neither the run folder nor the runtime folder allows one. */
export function brainSocketPath({ accountDir, configured, runtimeDir }: SocketOptions): Result<string, string> {
  const wanted = configured ?? join(accountDir, 'gateway.sock');
  if (fits(wanted)) return ok(wanted);
  const hash = createHash('sha256').update(accountDir).digest('hex').slice(0, 8);
  const short = runtimeDir ? join(runtimeDir, `mmbot-${basename(accountDir)}-${hash}`, 'gateway.sock') : null;
  if (configured === null && short !== null && fits(short) && isPrivate(runtimeDir)) return ok(short);
  const bytes = Buffer.byteLength(operatorBeside(wanted));
  return err(
    `Socket path ${wanted} has ${bytes} bytes, allowed is ${SOCKET_PATH_BYTES_MAX}: set gateway.socketPath or runDir to a shorter path`,
  );
}

/** `gateway.sock` has `operator.sock` beside it; another name `x.sock` has `x-operator.sock`. */
export function operatorBeside(brainSocket: string): string {
  return brainSocket.endsWith('/gateway.sock')
    ? brainSocket.replace(/gateway\.sock$/, 'operator.sock')
    : brainSocket.replace(/(\.sock)?$/, '-operator.sock');
}

/** The account folder of an environment, for those who hold no key to name it; a sentence when there is none, or more than one. */
export function findAccountDir({ runDir, environment }: { readonly runDir: string; readonly environment: string }): Result<string, string> {
  const names = accountDirs({ runDir, environment });
  const [only, ...more] = names;
  if (only === undefined) return err(`No gateway has run here: ${runDir} has no folder ${environment}-…: start the gateway first`);
  if (more.length === 0) return ok(join(runDir, only));
  return err(
    `${runDir} has folders of ${names.length} accounts (${names.join(', ')}): set gateway.socketPath, or remove those of old keys`,
  );
}

/** Names of the folders of an environment's accounts; more than one never mends itself by waiting. */
export const accountDirs = ({ runDir, environment }: { readonly runDir: string; readonly environment: string }): readonly string[] =>
  existsSync(runDir) ? readdirSync(runDir).filter((name) => name.startsWith(`${environment}-`)) : [];

const fits = (path: string): boolean => Buffer.byteLength(operatorBeside(path)) <= SOCKET_PATH_BYTES_MAX;

function isPrivate(dir: string | undefined): boolean {
  const found = dir === undefined ? undefined : statSync(dir, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (found.mode & 0o077) === 0;
}
