import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const FILE = join(ROOT, 'shared', 'config.schema.json');
const dir = mkdtempSync(join(tmpdir(), 'mmbot-schema-'));
afterAll(() => rmSync(dir, { recursive: true }));

function run(args: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/config-schema.ts'), ...args], { encoding: 'utf8' });
  return { status, stderr };
}

type Node = {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Record<string, Node>;
  readonly additionalProperties?: Node | false;
  readonly [key: string]: unknown;
};
const schema: Node = JSON.parse(readFileSync(FILE, 'utf8'));

function nodes(node: Node, path: string): [string, Node][] {
  const below = [
    ...Object.entries(node.properties ?? {}),
    ...(node.additionalProperties ? [['*', node.additionalProperties] as [string, Node]] : []),
  ];
  return [[path, node], ...below.flatMap(([key, value]) => nodes(value, path === '' ? key : `${path}.${key}`))];
}

test('shared/config.schema.json is up to date', () => {
  expect(run(['--check'])).toEqual({ status: 0, stderr: '' });
});

test('config-schema --check tells a stale file from a good one, and a missing one', () => {
  const file = join(dir, 'schema.json');
  expect(run(['--file', file, '--check'])).toEqual({ status: 1, stderr: expect.stringContaining('npm run schema') });
  expect(run(['--file', file]).status).toBe(0);
  expect(run(['--file', file, '--check']).status).toBe(0);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"minimum": 20', '"minimum": 10'));
  expect(run(['--file', file, '--check']).status).toBe(1);
});

test('every key of the schema has a description and every object is closed', () => {
  const all = nodes(schema, '');
  expect(all.length).toBeGreaterThan(60);
  expect(all.filter(([path, node]) => path !== '' && !path.endsWith('*') && !node.description).map(([path]) => path)).toEqual([]);
  expect(all.filter(([, node]) => node.properties && node.additionalProperties !== false).map(([path]) => path)).toEqual([]);
});

test('the schema carries ranges, defaults and choices', () => {
  const at = new Map(nodes(schema, ''));
  expect(at.get('snapshot.intervalMs')).toMatchObject({ type: 'integer', minimum: 20, maximum: 5000, default: 100 });
  expect(at.get('environment')).toMatchObject({ enum: ['sim', 'paper', 'testnet', 'mainnet'], default: 'sim' });
  expect(at.get('exits.stopLossPercent')).toMatchObject({ anyOf: [{ exclusiveMinimum: 0, maximum: 100 }, { type: 'null' }] });
  expect(at.get('exits.cooldownMs')).toMatchObject({ minimum: 0, maximum: 86_400_000, default: 30_000 });
});
