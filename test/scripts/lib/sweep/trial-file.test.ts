import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { TrialFile } from '../../../../scripts/lib/sweep/trial-file.ts';
import { fastDir } from '../../../kit/fast-dir.ts';
import { doneWith, worldWith } from '../../../kit/sweep.ts';

const folder = fastDir('trials');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const world = worldWith();

function written(name: string, ids: readonly string[] = ['a', 'b']): string {
  const path = join(folder, `${name}.ndjson`);
  using file = TrialFile.open(path, world);
  for (const id of ids) file.add(id, doneWith({ pnl: id }));
  return path;
}

test('TrialFile gives back what was written, and writes what is told twice once', () => {
  const path = written('whole', ['a', 'b', 'a']);
  using file = TrialFile.open(path, world);
  expect([file.size, file.get('b'), file.get('c')]).toEqual([2, doneWith({ pnl: 'b' }), undefined]);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
});

test('TrialFile drops a last line that was cut off at any byte, and goes on after it', () => {
  const whole = readFileSync(written('cut'));
  const second = whole.lastIndexOf(10, whole.length - 2) + 1;
  for (let bytes = 0; bytes < whole.length; bytes += 7) {
    const path = join(folder, 'cut.ndjson');
    writeFileSync(path, whole);
    truncateSync(path, bytes);
    using file = TrialFile.open(path, world);
    file.add('a', doneWith({ pnl: 'a' }));
    file.add('b', doneWith({ pnl: 'b' }));
    expect(readFileSync(path).equals(whole)).toBe(true);
    expect(file.size).toBe(2);
  }
  expect(second).toBeLessThan(whole.length);
});

test('TrialFile refuses trials of another world, and says what differs', () => {
  const path = written('other');
  expect(() => TrialFile.open(path, worldWith({ data: 'e', code: 'y' }))).toThrow(
    `${path}: trials of another sweep (the data, the program differ): allowed is another --out, or --fresh to begin anew`,
  );
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test('TrialFile refuses a damaged line with its number, and a file that is none', () => {
  const path = written('damaged');
  appendFileSync(path, '{"id":"c","outcome":{"kind":"done","figures":[]}}\n');
  expect(() => TrialFile.open(path, world)).toThrow(`${path}:4: not a trial of this version`);
  writeFileSync(path, 'hello\n');
  expect(() => TrialFile.open(path, world)).toThrow(`${path}:1: no trials of a sweep`);
});

test('TrialFile is written by one process at a time; the lock of a dead one is taken over', () => {
  const path = written('locked');
  writeFileSync(`${path}.lock`, String(process.ppid));
  expect(() => TrialFile.open(path, world)).toThrow(`process ${process.ppid} is writing it`);
  writeFileSync(`${path}.lock`, '999999999');
  using file = TrialFile.open(path, world);
  expect(file.size).toBe(2);
});

test('--fresh forgets what is there, but not what another process writes', () => {
  const path = written('fresh');
  writeFileSync(`${path}.lock`, String(process.ppid));
  expect(() => TrialFile.open(path, world, { fresh: true })).toThrow(`remove ${path}.lock`);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
  rmSync(`${path}.lock`);
  using file = TrialFile.open(path, worldWith({ data: 'e' }), { fresh: true });
  file.add('c', doneWith({ pnl: 'c' }));
  expect([file.size, readFileSync(path, 'utf8').split('\n').length]).toEqual([1, 3]);
});
