/** Facts of the machine. What a platform does not tell is unknown, never fine. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { err, ok } from '../../../shared/result.ts';
import type { MachineFacts, OwnProcess } from '../facts.ts';
import type { Known } from '../finding.ts';

const ASK_MS = 2_000;

export async function machineFacts(runDir: string): Promise<MachineFacts> {
  return { node: process.version, openFiles: openFiles(), disk: disk(runDir), timeSync: await timeSync() };
}

/** Node raises the soft limit to the hard one at its start: what is read here is what a process of ours has. */
function openFiles(): Known<number> {
  const line = textOf('/proc/self/limits')
    ?.split('\n')
    .find((row) => row.startsWith('Max open files'));
  const told = line?.split(/\s{2,}/)[1];
  if (told === 'unlimited') return ok(Number.MAX_SAFE_INTEGER);
  return Number.isInteger(Number(told)) && told ? ok(Number(told)) : err('this system does not tell how many files may be open');
}

function disk(runDir: string): MachineFacts['disk'] {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(existing(resolve(runDir)));
    return ok({ freeBytes: bavail * bsize, freeInodes: files === 0 ? null : ffree });
  } catch (error) {
    return err(`the disk of ${runDir} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
  }
}

const existing = (path: string): string => (existsSync(path) || dirname(path) === path ? path : existing(dirname(path)));

function timeSync(): Promise<Known<boolean>> {
  return new Promise((settle) => {
    const args = ['show', '--property=NTPSynchronized', '--value'];
    execFile('timedatectl', args, { timeout: ASK_MS }, (error, stdout) => {
      const told = stdout.trim();
      settle(error || !/^(?:yes|no)$/.test(told) ? err('whether a time service keeps the clock is not told here') : ok(told === 'yes'));
    });
  });
}

/** Processes of this program, of all configurations, by their command lines; Linux alone tells them. */
export function ownProcesses(): Known<readonly OwnProcess[]> {
  if (!existsSync('/proc/self/cmdline')) return err('this system does not tell which processes run');
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return ok(pids.flatMap((pid) => processOf(Number(pid))));
}

function processOf(pid: number): readonly OwnProcess[] {
  const words = textOf(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  const at = words.findIndex((word) => /(?:^|\/)(?:gateway\/main|brain\/main|scripts\/watchdog)\.ts$/.test(word));
  if (at < 1 || !/(?:^|\/)node$/.test(words[0] ?? '')) return [];
  const kind = /(gateway|brain|watchdog)(?:\/main)?\.ts$/.exec(words[at] ?? '')?.[1] as OwnProcess['kind'];
  const option = words.indexOf('--config');
  return [{ pid, kind, config: configOf(pid, option < 0 ? 'config.json' : (words[option + 1] ?? '')) }];
}

/** Null when its folder cannot be read: it may be the one that is looked for. */
function configOf(pid: number, file: string): string | null {
  try {
    return resolve(readlinkSync(`/proc/${pid}/cwd`), file);
  } catch {
    return null;
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // it ended meanwhile, or is not ours to read
  }
}
