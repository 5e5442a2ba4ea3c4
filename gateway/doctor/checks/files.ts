/** Configuration, run folder, socket, ledger and processes of ours. Pure. */
import { configWarnings } from '../../../shared/config.ts';
import type { Check, Facts, OwnProcess } from '../facts.ts';
import { failed, type Finding, fine, unsure, warned } from '../finding.ts';

export const fileChecks: Check = (facts, config) => [
  configFile(facts),
  localFile(facts),
  ...configWarnings(config).map((sentence) => warned('config-warning', sentence, 'change config.json, or leave it when you mean it')),
  runFolder(facts),
  accounts(facts),
  socket(facts),
  ledger(facts),
  panicFile(facts),
  ...processes(facts),
];

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
const othersWrite = (mode: number): boolean => (mode & 0o022) !== 0;

/** Whoever can write it can loosen the limits of what runs. */
function configFile({ files: { config } }: Facts): Finding {
  return othersWrite(config.mode)
    ? failed('config', `${config.path} has mode ${octal(config.mode)}: others may change the limits`, `chmod go-w ${config.path}`)
    : fine('config', `${config.path} is good`);
}

function localFile({ files: { local } }: Facts): Finding | null {
  if (local === null) return null;
  if (othersWrite(local.mode))
    return failed('config-local', `${local.path} has mode ${octal(local.mode)}: others may change it`, `chmod 600 ${local.path}`);
  return (local.mode & 0o044) === 0
    ? fine('config-local', `${local.path} is ours alone`)
    : warned('config-local', `${local.path} has mode ${octal(local.mode)}: others may read it`, `chmod 600 ${local.path}`);
}

function runFolder({ files: { runDir } }: Facts): Finding {
  const { path, writable, mode, ours } = runDir;
  if (!ours) return failed('run-folder', `${path} belongs to another user`, `sudo chown -R "$USER" ${path}, or set runDir`);
  if (!writable) return failed('run-folder', `${path} cannot be written`, `chmod u+rwx ${path}, or set runDir`);
  if (mode !== null && othersWrite(mode))
    return failed('run-folder', `${path} has mode ${octal(mode)}: others may put files there`, `chmod go-w ${path}`);
  return fine('run-folder', path);
}

const accounts = ({ files }: Facts): Finding | null =>
  files.accounts.length > 1
    ? warned(
        'accounts',
        `folders of ${files.accounts.length} accounts: ${files.accounts.join(', ')}: tools cannot tell which one you mean`,
        `move those of old keys out of ${files.runDir.path}`,
      )
    : null;

function socket({ files, key }: Facts): Finding {
  if (!files.socket.ok) return failed('socket', files.socket.error, 'set gateway.socketPath or runDir to a shorter path');
  if (!key.ok) return fine('socket', 'its path fits');
  const path = files.socket.value;
  if (!files.socketFile || files.locked) return fine('socket', files.socketFile ? `a gateway listens at ${path}` : path);
  return warned('socket', `${path} is left of a gateway that died; the next start replaces it`, `rm ${path}`);
}

function ledger({ files, machine }: Facts): Finding {
  if (files.ledger === null) return fine('ledger', 'none yet; the gateway makes it');
  const { path, bytes, sound } = files.ledger;
  if (!sound.ok)
    return failed(
      'ledger',
      `${path}: ${sound.error}`,
      `mv ${path} ${path}.broken while no gateway runs; what is open is read back from the exchange`,
    );
  const short = machine.disk.ok && machine.disk.value.freeBytes < bytes;
  const mb = Math.ceil(bytes / 1_000_000);
  return short
    ? warned('ledger', `${mb} MB, more than the disk has free`, 'free the disk, or lower gateway.ledger.keepDays')
    : fine('ledger', `${mb} MB, readable`);
}

const panicFile = ({ files: { panicFile: path } }: Facts): Finding | null =>
  path === null
    ? null
    : warned('panic-file', `${path} is there: the next gateway stops everything`, `rm ${path} when that is over, then scripts/mm resume`);

/** A brain that a dead supervisor left, a second watchdog, ... */
function processes({ processes: told, files }: Facts): readonly Finding[] {
  if (!told.ok) return [unsure('processes', told.error, 'pgrep -af "(gateway|brain)/main.ts"')];
  const here = told.value.filter(({ config }) => config === null || config === files.config.path);
  const kill = (list: readonly OwnProcess[]): string => `kill ${list.map(({ pid }) => pid).join(' ')}`;
  const doubled = (['gateway', 'brain', 'watchdog'] as const).flatMap((kind) => {
    const same = here.filter((one) => one.kind === kind);
    return same.length > 1
      ? [warned('processes', `${same.length} ${kind} processes with this configuration: ${pids(same)}`, kill(same.slice(1)))]
      : [];
  });
  const brains = here.filter(({ kind }) => kind === 'brain');
  const orphan =
    brains.length > 0 && !files.locked ? [warned('processes', `a brain runs without a gateway: ${pids(brains)}`, kill(brains))] : [];
  const odd = [...doubled, ...orphan];
  return odd.length > 0
    ? odd
    : [fine('processes', here.length === 0 ? 'none of ours runs' : here.map(({ kind, pid }) => `${kind} ${pid}`).join(', '))];
}

const pids = (list: readonly OwnProcess[]): string => list.map(({ pid }) => `pid ${pid}`).join(', ');
