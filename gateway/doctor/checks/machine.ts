/** The machine: program, files, disk, time service. Pure. */
import type { Check, Facts } from '../facts.ts';
import { failed, type Finding, fine, unsure, warned } from '../finding.ts';

const NODE_MAJOR = 26;
/** Sockets, files of ledger and tapes, and room for a storm of reconnects. */
const FILES_FAIL = 256;
const FILES_WARN = 1_024;
const MB = 1_000_000;
const DISK_FAIL_MB = 200;
const DISK_WARN_MB = 2_000;
const INODES_FAIL = 200;
const INODES_WARN = 5_000;

export const machineChecks: Check = (facts, config) => [
  node(facts),
  openFiles(facts),
  disk(facts),
  inodes(facts),
  config.environment === 'sim' ? null : timeSync(facts),
];

function node({ machine }: Facts): Finding {
  const major = Number(/^v(\d+)\./.exec(machine.node)?.[1]);
  if (major >= NODE_MAJOR) return fine('node', machine.node);
  return failed(
    'node',
    `${machine.node}; the program is made for ${NODE_MAJOR} and later`,
    'npm ci, then scripts/mm and npm run …, which use the pinned one',
  );
}

function openFiles({ machine: { openFiles: told } }: Facts): Finding {
  if (!told.ok) return unsure('open-files', told.error, 'ulimit -n shows it');
  const said = `${told.value} may be open at once`;
  if (told.value >= FILES_WARN) return fine('open-files', said);
  const make = told.value < FILES_FAIL ? failed : warned;
  return make(
    'open-files',
    `${said}: too few for sockets, ledger and tapes`,
    'ulimit -n 4096 (for good: LimitNOFILE= of the unit, or /etc/security/limits.conf)',
  );
}

function disk({ machine, files }: Facts): Finding {
  if (!machine.disk.ok) return unsure('disk', machine.disk.error, `df -h ${files.runDir.path}`);
  const mb = Math.floor(machine.disk.value.freeBytes / MB);
  const said = `${mb} MB free at ${files.runDir.path}`;
  if (mb >= DISK_WARN_MB) return fine('disk', said);
  const make = mb < DISK_FAIL_MB ? failed : warned;
  return make(
    'disk',
    `${said}: a full disk stops new orders`,
    `du -sh ${files.runDir.path}/*, remove old tapes and logs, or set runDir to a larger disk`,
  );
}

function inodes({ machine, files }: Facts): Finding | null {
  const free = machine.disk.ok ? machine.disk.value.freeInodes : null;
  if (free === null) return null;
  const said = `${free} inodes free`;
  if (free >= INODES_WARN) return fine('inodes', said);
  const make = free < INODES_FAIL ? failed : warned;
  return make('inodes', `${said}: no file can be made soon`, `df -i ${files.runDir.path}, remove the many small files`);
}

function timeSync({ machine: { timeSync: told } }: Facts): Finding {
  if (!told.ok) return unsure('time-service', told.error, 'timedatectl status, or chronyc tracking');
  if (told.value) return fine('time-service', 'the clock is kept by a time service');
  return warned('time-service', 'no time service keeps the clock: it will drift', 'timedatectl set-ntp true');
}
