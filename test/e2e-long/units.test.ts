import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '../kit/run.ts';

const TOOL = '/usr/bin/systemd-analyze';
const there = existsSync(TOOL) && existsSync('/usr/bin/redis-server');
if (!there) console.warn('No systemd-analyze here: its tests are skipped');
const dir = mkdtempSync(join(tmpdir(), 'mmbot-units-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const UNITS = join(ROOT, 'scripts/ops/systemd');
const names = readdirSync(UNITS);
/** With the paths and the user that there are. */
for (const name of names) {
  const user = userInfo().username;
  const text = readFileSync(join(UNITS, name), 'utf8')
    .replaceAll('/opt/mmbot', ROOT)
    .replaceAll(/^(User|Group)=mmbot$/gm, `$1=${user}`);
  writeFileSync(join(dir, name), text);
}
const said = (...args: readonly string[]) => spawnSync(TOOL, [...args], { encoding: 'utf8', cwd: dir });

test.skipIf(!there)('systemd finds nothing wrong with the units', () => {
  const { stdout, stderr } = said('verify', '--man=no', ...names.map((name) => join(dir, name)));
  expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('mmbot'))).toEqual([]);
});

test.skipIf(!there).each(names.filter((name) => name.endsWith('.service')))('%s leaves little exposed', (name) => {
  const { stdout } = said('security', '--offline=true', '--threshold=20', join(dir, name));
  expect(Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2);
});

test('no unit starts again what only a person can mend, and only gateway and watchdog see the key', () => {
  const of = (name: string): string => readFileSync(join(UNITS, `mmbot-${name}.service`), 'utf8');
  for (const name of ['gateway', 'brain', 'watchdog', 'dashboard']) {
    expect(of(name)).toContain('RestartPreventExitStatus=2 4');
    expect(of(name).includes('InaccessiblePaths=-/etc/mmbot/key.json')).toBe(name === 'brain' || name === 'dashboard');
  }
});
