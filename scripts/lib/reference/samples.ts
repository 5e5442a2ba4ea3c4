/** Values of a simulated run, as Redis and the sockets told them; `scripts/reference-samples.ts` writes them anew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

export const SAMPLES_FILE = join(import.meta.dirname, 'samples.json');

export const Samples = z.strictObject({
  /** By the name of the key in `keysOf`. */
  redis: z.record(z.string(), z.string()),
  /** In the order in which they were said: a line of the client, and what was answered to it. */
  socket: z.array(z.strictObject({ title: z.string(), request: z.string(), answer: z.string() })),
});
export type Samples = Readonly<z.infer<typeof Samples>>;

export const readSamples = (): Samples => Samples.parse(JSON.parse(readFileSync(SAMPLES_FILE, 'utf8')));

const WIDE = 120;

/** JSON over several lines, each as full as it may be; text that is no JSON as it is. */
export function pretty(text: string): string {
  try {
    return laidOut(JSON.parse(text), 0);
  } catch {
    return text;
  }
}

function laidOut(value: unknown, depth: number): string {
  const flat = JSON.stringify(value);
  if (flat.length + depth <= WIDE || typeof value !== 'object' || value === null) return flat;
  const pad = ' '.repeat(depth + 2);
  const parts = Array.isArray(value)
    ? value.map((one) => laidOut(one, depth + 2))
    : Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${laidOut(one, depth + 2)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${filled(parts, pad)}\n${' '.repeat(depth)}${close}`;
}

/** Parts one behind the other as long as the line takes them. */
function filled(parts: readonly string[], pad: string): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const fits = last !== undefined && !part.includes('\n') && !last.includes('\n') && last.length + part.length + 2 <= WIDE;
    if (fits) lines[lines.length - 1] = `${last}, ${part}`;
    else {
      if (last !== undefined) lines[lines.length - 1] = `${last},`;
      lines.push(`${pad}${part}`);
    }
  }
  return lines.join('\n');
}
