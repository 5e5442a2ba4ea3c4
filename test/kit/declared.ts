/**
 * The message shapes that Binance's own connector declares (its TypeScript declarations, 2026-09): the newest description of requests,
 * answers and events that states a type for every field. Each becomes a sample that the schema comparison can read.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

type Declaration = { readonly fields: readonly (readonly [name: string, type: string])[]; readonly elements: string | null };

const ENTRY = createRequire(import.meta.url).resolve('@binance/derivatives-trading-usds-futures');
const { byName, nameOfRegion } = readDeclarations(readFileSync(join(dirname(ENTRY), 'index.d.mts'), 'utf8'));

/** A value of the declared shape, every field present; `region` is 'rest-api/new-order-response' and the like. Throws for an unknown one. */
export function declared(region: string): unknown {
  const name = nameOfRegion.get(region);
  if (name === undefined) throw new Error(`Cannot find ${region} among ${nameOfRegion.size} declared shapes`);
  return sampleOf(name);
}

function sampleOf(type: string): unknown {
  const element = /^Array<(.*)>$/.exec(type)?.[1];
  if (element !== undefined) return [sampleOf(element)];
  if (type.startsWith('string') || type.startsWith("'")) return '';
  if (type.startsWith('number')) return 0;
  if (type === 'boolean') return false;
  if (type === 'object') return {};
  const declaration = byName.get(type);
  if (!declaration) throw new Error(`Cannot make a sample of the declared type ${type}`);
  if (declaration.elements !== null) return [sampleOf(declaration.elements)];
  return Object.fromEntries(declaration.fields.map(([name, field]) => [name, sampleOf(field)]));
}

function readDeclarations(text: string): {
  readonly byName: ReadonlyMap<string, Declaration>;
  readonly nameOfRegion: ReadonlyMap<string, string>;
} {
  const interfaces = new Map<string, Declaration>();
  const regions = new Map<string, string>();
  for (const part of text.split('//#region src/').slice(1)) {
    const region = /^(.*)\/types\/(.*)\.d\.ts/.exec(part);
    const head = /^(?:interface (\S+) (?:extends Array<(.*?)> )?|type (\S+) = (\S+).*)\{?/m.exec(part);
    const name = head?.[1] ?? head?.[3];
    if (!region || !head || name === undefined) continue;
    const fields = [...part.matchAll(/^ {2}'?([\w$]+)'?\??: (.*);$/gm)].map((match) => [match[1] ?? '', match[2] ?? ''] as const);
    interfaces.set(name, { fields, elements: head[2] ?? null });
    regions.set(`${region[1]}/${region[2]}`, name);
  }
  return { byName: interfaces, nameOfRegion: regions };
}
