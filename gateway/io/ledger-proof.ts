/**
 * Proves a large ledger in slices, so that whoever does it can stop in between: every row is reached and readable, and every index tells of
 * as many as there are. One moment of the file, whatever is written to it meanwhile.
 */
import type { DatabaseSync } from 'node:sqlite';

type Large = {
  readonly table: string;
  /** Its rows are walked by this, from `first` on; rows that share it stand on one page. */
  readonly key: string;
  readonly first: string | number;
  /** 1 where the row is what was written. */
  readonly sound: string;
  /** 1 where the row is among the few that a start reads. */
  readonly marked: string;
  /** By index: what is counted through it, and of which rows. */
  readonly indexes: readonly (readonly [name: string, where: string, of: 'all' | 'marked' | 'others'])[];
};

const LARGE: readonly Large[] = [
  {
    ...{ table: 'orders', key: 'client_id', first: '', sound: 'json_valid(row)', marked: 'open' },
    indexes: [
      ['orders_open', 'open = 1', 'marked'],
      ['orders_ended', 'open = 0', 'others'],
    ],
  },
  {
    ...{ table: 'fills', key: 'n', first: -1, sound: 'json_valid(row)', marked: 'loose' },
    indexes: [
      ['fills_loose', 'loose = 1', 'marked'],
      ['fills_by_time', "symbol >= ''", 'all'],
      ['fills_of_order', "symbol >= ''", 'all'],
      ['sqlite_autoindex_fills_1', "symbol >= ''", 'all'],
    ],
  },
  { ...{ table: 'transitions', key: 'client_id', first: '', sound: 'length(reason) >= 0', marked: '0' }, indexes: [] },
  { ...{ table: 'requests', key: 'client_id', first: '', sound: 'length(detail) >= 0', marked: '0' }, indexes: [] },
  { ...{ table: 'commands', key: 'client_id', first: '', sound: 'length(detail) >= 0', marked: '0' }, indexes: [] },
];
const SMALL = [
  'meta',
  'positions',
  'stops',
  'grids',
  'off_grid',
  'reached',
  'dropped',
  'pnl_days',
  'refusals',
  'funding',
  'corrections',
] as const;
const SLICE = 2_000;

/** Pauses after each slice; null at the end when all is sound, else what is not. Throws what the database says of a broken page. */
export function* prove(db: DatabaseSync): Generator<void, string | null> {
  db.exec('BEGIN');
  try {
    for (const table of SMALL) {
      const said = db.prepare(`PRAGMA quick_check(${table})`).get()?.['quick_check'];
      if (said !== 'ok') return String(said);
      yield;
    }
    for (const large of LARGE) {
      const broken = yield* proveLarge(db, large);
      if (broken !== null) return broken;
    }
    return null;
  } finally {
    db.exec('COMMIT');
  }
}

function* proveLarge(db: DatabaseSync, { table, key, first, sound, marked, indexes }: Large): Generator<void, string | null> {
  const rows = `SELECT ${key} AS k, ${sound} AS sound, ${marked} AS marked FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT ${SLICE}`;
  const slice = db.prepare(`SELECT MAX(k) AS last, MIN(sound) AS sound, SUM(marked) AS marked, COUNT(*) AS n FROM (${rows})`);
  const counted = { all: 0, marked: 0, others: 0 };
  for (let last = first; ; ) {
    const found = slice.get(last);
    if (found === undefined || found['last'] === null) break;
    if (found['sound'] !== 1) return `a row of ${table} before ${found['last']} is not what was written`;
    last = found['last'] as string | number;
    counted.all += Number(found['n']);
    counted.marked += Number(found['marked']);
    yield;
  }
  counted.others = counted.all - counted.marked;
  for (const [name, where, of] of indexes) {
    const told = Number(db.prepare(`SELECT COUNT(*) AS n FROM ${table} INDEXED BY ${name} WHERE ${where}`).get()?.['n']);
    if (told !== counted[of]) return `the index ${name} tells of ${told} rows, there are ${counted[of]}`;
    yield;
  }
  return null;
}
