/** `mm doctor`: everything looked at, each finding with what to do about it. Changes nothing. */
import { styleText } from 'node:util';
import { failures, type Level } from '../../../gateway/doctor/finding.ts';
import { examine } from '../../../gateway/doctor/io/collect.ts';
import { takeCredentials } from '../../../shared/io/take-credentials.ts';
import { configOf, EXIT, type ExitCode, print } from '../tool.ts';
import { countLine, findingLines } from './lines.ts';

export type DoctorOptions = { readonly config: string; readonly json: boolean; readonly strict: boolean };

const COLORS = { ok: 'green', warn: 'yellow', fail: 'red', unknown: 'magenta' } as const satisfies Record<Level, string>;
const paint = (word: string, level: Level): string => styleText(COLORS[level], word, { stream: process.stdout });

export async function doctor({ config: file, json, strict }: DoctorOptions): Promise<ExitCode> {
  const loaded = configOf(file);
  const findings = await examine({ loaded, credentials: await takeCredentials(loaded, process.env) });
  const { environment } = loaded.config;
  if (json) print(JSON.stringify({ environment, config: loaded.file, findings }));
  else print(`doctor of ${environment}: ${countLine(findings)}`, '', ...findingLines(findings, paint));
  const isGood = strict ? findings.every(({ level }) => level === 'ok') : failures(findings).length === 0;
  return isGood ? EXIT.done : EXIT.failed;
}
