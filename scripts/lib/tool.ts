/** What all command-line tools share: one line for each problem, never a stack trace, and the same exit codes. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Loaded, loadConfig } from '../../shared/config-file.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, refused: 4, partial: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a tool with lines for a person and an exit code. */
export class Problem extends Error {
  readonly code: ExitCode;
  readonly lines: readonly string[];
  constructor(code: ExitCode, lines: readonly string[]) {
    super(lines.join('\n'));
    this.code = code;
    this.lines = lines;
  }
}

/** A command whose usage mistakes are one line on stderr and exit code 2; subcommands inherit that. */
export function newTool(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${name}: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
    })
    .exitOverride((problem) => process.exit(problem.exitCode === 0 ? EXIT.done : EXIT.usage))
    .allowExcessArguments(false);
}

/** For commander: a whole number in a range. */
export const wholeNumber =
  ({ min, max }: { readonly min: number; readonly max: number }) =>
  (text: string): number => {
    const n = Number(text);
    if (text.trim() === '' || !Number.isInteger(n) || n < min || n > max)
      throw new InvalidArgumentError(`allowed is a whole number from ${min} to ${max}.`);
    return n;
  };

/** For commander: a plain decimal above zero, kept as text. */
export const decimalText = (text: string): string => {
  if (!/^(?=.*[1-9])\d{1,20}(\.\d{1,20})?$/.test(text)) throw new InvalidArgumentError('allowed is a decimal above zero such as 0.010.');
  return text;
};

export const sideText = (text: string): 'buy' | 'sell' => {
  const side = text.toLowerCase();
  if (side !== 'buy' && side !== 'sell') throw new InvalidArgumentError('allowed is buy or sell.');
  return side;
};

/** Runs a tool to its end: its exit code, or its problem in lines. A reader that goes away (`| head`) ends it quietly. */
export async function runTool(name: string, main: () => Promise<ExitCode>): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed));
  try {
    process.exitCode = await main();
  } catch (error) {
    const lines = error instanceof Problem ? error.lines : [error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)];
    for (const line of lines) process.stderr.write(`${name}: ${line}\n`);
    process.exitCode = error instanceof Problem ? error.code : EXIT.failed;
  }
}

export const print = (...lines: readonly string[]): void => {
  for (const line of lines) process.stdout.write(`${line}\n`);
};

/** The configuration, or a problem with one line for each mistake. */
export function configOf(file: string): Loaded {
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Problem(EXIT.usage, loaded.error);
  return loaded.value;
}

/** `npm start` writes the ports it moved to into a config of its own: that may be the one a person means. Empty when there is none. */
export function movedPortsHint({ config, file, runDir }: Loaded): string {
  const moved = join(runDir, 'start', 'config.json');
  if (config.environment !== 'sim' || moved === file || !existsSync(moved)) return '';
  const path = relative(process.cwd(), moved);
  return `; npm start may have moved ports: then add --config ${path.startsWith('..') ? moved : path}`;
}
