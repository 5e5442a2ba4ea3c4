import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../kit/run.ts';

const OPS = join(ROOT, 'scripts/ops');
const linesOf = (file: string): readonly string[] => readFileSync(join(OPS, file), 'utf8').split('\n').filter(Boolean);
const settingOf = (unit: string, key: string): string =>
  linesOf(`systemd/mmbot-${unit}.service`)
    .flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []))
    .join(' ');

/** What the notes of compose.yml and README tell a person to make inside the folder of the project. */
const SECRETS = [
  ...['key.json', 'keys.json', 'keys.json.77.tmp', '.env', 'config.local.json', 'private.pem', 'run/dashboard.token', 'etc/key.json'],
  ...['key.json', 'keys.json', 'config.json', 'redis/users.acl', 'redis/gateway.password', 'grafana.password'].map(
    (name) => `scripts/ops/docker/etc/${name}`,
  ),
];

test.each(SECRETS)('no image carries %s', (path) => {
  const patterns = linesOf('docker/Dockerfile.dockerignore');
  expect(patterns.filter((pattern) => matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`))).not.toEqual([]);
});

test.skipIf(!existsSync(join(ROOT, '.git')))('the files that compose.yml asks for are kept out of git', () => {
  const paths = SECRETS.filter((path) => path.startsWith('scripts/'));
  const ignored = execFileSync('git', ['-C', ROOT, 'check-ignore', ...paths], { encoding: 'utf8' });
  expect(ignored.trim().split('\n')).toEqual(paths);
});

test.each(['brain', 'dashboard'])('the unit of the %s sees no key, no passphrase and no password of another user', (unit) => {
  const hidden = settingOf(unit, 'InaccessiblePaths').split(' ');
  const secrets = ['key.json', 'keys.json', '.env', 'alerts.env', 'redis'].map((name) => `-/etc/mmbot/${name}`);
  expect(hidden).toEqual(expect.arrayContaining(secrets));
});

test('the volume of the Redis socket belongs to the user of the containers', () => {
  const compose = linesOf('docker/compose.yml').join('\n');
  const [, uid = ''] = /x-mmbot:[\s\S]*?user: '(\d+):\d+'/.exec(compose) ?? [];
  expect(compose).toMatch(new RegExp(`\\n {2}redis-socket:\\n {4}driver_opts: .*uid=${uid},gid=${uid},mode=0750`));
  expect(uid).toMatch(/^[1-9]/);
});

test.each(['gateway', 'brain', 'watchdog', 'dashboard', 'redis'])('systemd never gives up on the %s', (unit) => {
  expect(settingOf(unit, 'StartLimitIntervalSec')).toBe('0');
  expect(Number(settingOf(unit, 'RestartSec'))).toBeGreaterThanOrEqual(1); // a start a second is borne by machine and exchange
});

test('make-users.sh takes no pattern for a prefix, and what it makes anew is for nobody else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmbot-users-'));
  const make = (prefix: string) => spawnSync('sh', [join(OPS, 'redis/make-users.sh'), folder, prefix], { encoding: 'utf8' });
  expect([make('mm*').status, readdirSync(folder)]).toEqual([2, []]);
  for (const name of ['gateway.password', 'users.acl']) writeFileSync(join(folder, name), '', { mode: 0o644 });
  expect(make('mm:other').status).toBe(0);
  expect(readFileSync(join(folder, 'users.acl'), 'utf8')).toContain('~mm:other:*');
  for (const name of readdirSync(folder)) expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
  rmSync(folder, { recursive: true });
});
