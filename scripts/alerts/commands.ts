/** What `mm` offers about alerts: the list of what is open, and the word that somebody has seen it. Works with all of ours dead. */
import { existsSync } from 'node:fs';
import type { Loaded } from '../../shared/config-file.ts';
import { findAccountDir } from '../../shared/socket-path.ts';
import { table } from '../lib/table.ts';
import { EXIT, Problem } from '../lib/tool.ts';
import { readMemory, writeAck } from './desk.ts';
import type { Incident } from './incidents.ts';

/** What the watchdog holds for open, as it last wrote. */
export function openAlerts(loaded: Loaded): readonly Incident[] {
  const memory = readMemory(folderOf(loaded));
  if (memory === null) throw new Problem(EXIT.unreachable, ['no watchdog has told of an alert here: start it with npm run watchdog']);
  return memory.incidents.filter(({ closedMs }) => closedMs === null);
}

export function alertLines(open: readonly Incident[]): readonly string[] {
  if (open.length === 0) return ['no open alert'];
  const columns = [{ title: 'ID' }, { title: 'SINCE' }, { title: 'SEVERITY' }, { title: 'CODE' }, { title: 'SYMBOL' }, { title: 'STATE' }];
  const rows = open.map(({ id, sinceMs, severity, code, symbol, acknowledged, escalated }) => [
    id,
    new Date(sinceMs).toISOString().slice(0, 19),
    severity,
    code,
    symbol ?? '',
    acknowledged ? 'acknowledged' : escalated ? 'escalated' : 'new',
  ]);
  return [...table(columns, rows), '', ...open.map(({ id, sentence }) => `${id}: ${sentence}`)];
}

/** All that are open when none is named. Ids that are not open are a mistake. */
export function acknowledge(loaded: Loaded, ids: readonly string[]): void {
  const open = new Set(openAlerts(loaded).map(({ id }) => id));
  const stray = ids.find((id) => !open.has(id));
  if (stray !== undefined)
    throw new Problem(EXIT.usage, [`${stray}: allowed is the id of an open alert: ${[...open].join(', ') || 'there is none'}`]);
  writeAck(folderOf(loaded), ids);
}

function folderOf({ config: { environment }, runDir }: Loaded): string {
  const found = findAccountDir({ runDir, environment });
  if (!found.ok || !existsSync(found.value)) throw new Problem(EXIT.unreachable, [found.ok ? `${found.value} is not there` : found.error]);
  return found.value;
}
