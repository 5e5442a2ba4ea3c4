import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { LogFile } from '../../../shared/io/log-file.ts';
import { processLog, rootLog, setLogLevel } from '../../../shared/log.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-log-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(dir, String(files++), 'gateway.log');
const linesOf = (path: string): readonly string[] => readFileSync(path, 'utf8').trim().split('\n');
/** Real time goes on in steps, so that nothing waits for the look of each second. */
const later = (ms: number): void => void vi.spyOn(performance, 'now').mockReturnValue(performance.now() + ms);

test('LogFile puts a full file aside, keeps so many, and divides no line', () => {
  const path = newPath();
  using file = new LogFile({ path, maxBytes: 100, keep: 2 });
  for (let n = 0; n < 40; n++) file.write(`${JSON.stringify({ n, text: 'x'.repeat(20) })}\n`);
  expect(readdirSync(join(path, '..')).sort()).toEqual(['gateway.log', 'gateway.log.1', 'gateway.log.2']);
  const seen = ['.2', '.1', ''].flatMap((end) => linesOf(`${path}${end}`)).map((line) => (JSON.parse(line) as { n: number }).n);
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => 40 - seen.length + i));
  for (const end of ['', '.1', '.2']) expect(statSync(`${path}${end}`).size).toBeLessThanOrEqual(100);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('LogFile waits for the end of a line that comes in parts', () => {
  const path = newPath();
  using file = new LogFile({ path, maxBytes: 30, keep: 1 });
  file.write('a'.repeat(25));
  file.write('b'.repeat(25));
  file.write('c\nnext\n');
  file.write('new\n');
  expect([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]).toEqual([`${'a'.repeat(25)}${'b'.repeat(25)}c\nnext\n`, 'new\n']);
});

test('LogFile goes on in a file that is there, and keeps none where none is wanted', () => {
  const path = newPath();
  new LogFile({ path, maxBytes: 1_000, keep: 0 }).write('one\n');
  using file = new LogFile({ path, maxBytes: 10, keep: 0 });
  file.write('two\n');
  file.write('three\n');
  expect([readFileSync(path, 'utf8'), readdirSync(join(path, '..'))]).toEqual(['three\n', ['gateway.log']]);
});

test('LogFile begins anew within a second where somebody moved its file away or removed it', () => {
  const path = newPath();
  using file = new LogFile({ path, maxBytes: 1_000, keep: 3 });
  file.write('before\n');
  renameSync(path, `${path}.moved`);
  file.write('still there\n');
  later(1_001);
  file.write('anew\n');
  expect([readFileSync(`${path}.moved`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['before\nstill there\n', 'anew\n']);
  rmSync(path);
  later(2_002);
  file.write('again\n');
  expect(readFileSync(path, 'utf8')).toBe('again\n');
  vi.restoreAllMocks();
});

test('LogFile survives a place that takes nothing, and tells how many lines that has cost', () => {
  const path = newPath();
  using file = new LogFile({ path, maxBytes: 1_000, keep: 1 });
  file.write('first\n');
  rmSync(join(path, '..'), { recursive: true });
  later(1_001);
  for (let n = 0; n < 3; n++) file.write('lost\n');
  writeFileSync(join(path, '..'), 'a file in the place of the folder');
  later(2_002);
  file.write('lost\n');
  rmSync(join(path, '..'));
  expect(existsSync(path)).toBe(false);
  vi.restoreAllMocks();
  using mended = new LogFile({ path, maxBytes: 1_000, keep: 1 });
  later(9_009);
  file.write('back\n');
  mended.write('other\n');
  expect(linesOf(path).map((line) => (line.startsWith('{') ? JSON.parse(line) : line))).toEqual([
    { level: 40, time: expect.any(String), lost: 4, msg: 'Log lines lost' },
    'back',
    'other',
  ]);
  vi.restoreAllMocks();
});

test('LogFile goes on where a full file cannot be put aside: the newest lines are there, it does not grow, and that is told', () => {
  const path = newPath();
  using file = new LogFile({ path, maxBytes: 400, keep: 2 });
  mkdirSync(`${path}.2`); // in the way
  for (let n = 0; n < 40; n++) file.write(`${JSON.stringify({ n, text: 'x'.repeat(20) })}\n`);
  const [first, ...lines] = linesOf(path).map((line) => JSON.parse(line) as { n?: number; msg?: string; problem?: string });
  expect(first).toMatchObject({
    msg: 'Log file cannot be put aside: begun anew in its place',
    problem: expect.stringContaining(`${path}.2`),
  });
  expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: lines.length }, (_, i) => 40 - lines.length + i));
  expect(lines.length).toBeGreaterThan(0);
  expect(statSync(path).size).toBeLessThanOrEqual(400);
  rmSync(`${path}.2`, { recursive: true });
  for (let n = 40; n < 60; n++) file.write(`${JSON.stringify({ n, text: 'x'.repeat(20) })}\n`);
  expect(readdirSync(join(path, '..')).sort()).toEqual(['gateway.log', 'gateway.log.1', 'gateway.log.2']);
});

test('LogFile begins a line of its own behind one that a process or a disk left half', () => {
  const path = newPath();
  new LogFile({ path, maxBytes: 1_000, keep: 1 }).write('{"half":');
  using file = new LogFile({ path, maxBytes: 1_000, keep: 1 });
  file.write('{"n":1}\n');
  file.write('{"n":2}\n');
  expect(linesOf(path)).toEqual(['{"half":', '{"n":1}', '{"n":2}']);
});

test('processLog() writes one event a line to a file of the process, without what nobody may see, also after it was put aside', () => {
  const folder = join(dir, 'planted');
  const log = processLog('gateway', { level: 'debug', dir: folder, maxMb: 1, keep: 1 });
  const room = log.child({ room: 'orders', apiKey: 'PLANTED-KEY' });
  for (let n = 0; n < 4_000; n++)
    room.debug(
      {
        n,
        sentence: 'two\nlines',
        fault: { secret: 'PLANTED-SECRET', url: '/order?x=1&signature=PLANTED-SIGN&y=2' },
        error: new Error('listenKey=PLANTED-LISTEN'),
      },
      'Order refused',
    );
  const [aside, now] = [readFileSync(join(folder, 'gateway.log.1'), 'utf8'), readFileSync(join(folder, 'gateway.log'), 'utf8')];
  expect(`${aside}${now}`).not.toContain('PLANTED');
  for (const line of [...linesOf(join(folder, 'gateway.log')).slice(0, 5), ...linesOf(join(folder, 'gateway.log.1')).slice(-5)])
    expect(JSON.parse(line)).toMatchObject({ process: 'gateway', room: 'orders', level: 20, msg: 'Order refused', sentence: 'two\nlines' });
});

test('setLogLevel() holds in all rooms from the next line on, those that were made before too', () => {
  const lines: string[] = [];
  const log = rootLog({ process: 'brain', level: 'warn', stream: { write: (line) => void lines.push(line) } });
  const room = log.child({ room: 'orders' });
  const inner = room.child({ symbol: 'BTCUSDT' });
  inner.debug('not told');
  setLogLevel(log, 'debug');
  setLogLevel(log, 'debug');
  for (const one of [log, room, inner]) one.debug('told');
  setLogLevel(log, 'error');
  for (const one of [log, room, inner]) one.warn('not told');
  const told = lines.map((line) => JSON.parse(line) as { msg: string; from?: string; to?: string });
  expect(told.map(({ msg }) => msg)).toEqual(['Log level changed', 'told', 'told', 'told']);
  expect(told[0]).toMatchObject({ from: 'warn', to: 'debug' });
});
