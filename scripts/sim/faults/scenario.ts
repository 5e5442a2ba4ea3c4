/** A scenario: which fault happens when, from a file. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { SimulatorProblem } from '../markets.ts';
import { type Fault, readFault } from './fault.ts';

/** `atMs`: simulated milliseconds after the start. */
export type ScenarioStep = { readonly atMs: number; readonly fault: Fault };

const Step = z.strictObject({ atMs: z.number().nonnegative(), fault: z.unknown() });

/**
 * Reads a JSON array, or one JSON value on each line, of `{"atMs": N, "fault": {...}}`.
 * Rejects with a `SimulatorProblem` that names the step, or with the system's error for a file that cannot be read.
 */
export async function readScenario(file: string): Promise<readonly ScenarioStep[]> {
  const text = await readFile(file, 'utf8');
  const isArray = text.trimStart().startsWith('[');
  const values = isArray
    ? parse(text, file)
    : text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [parse(line, `${file}: line ${i + 1}`)]));
  if (!Array.isArray(values)) throw new SimulatorProblem(`--scenario ${file}: is no list of steps`);
  return values.map((value: unknown, index) => readStep(value, `${file}: step ${index + 1}`));
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (problem) {
    throw new SimulatorProblem(`--scenario ${where}: is not JSON (${problem instanceof Error ? problem.message : String(problem)})`);
  }
}

function readStep(value: unknown, where: string): ScenarioStep {
  const step = Step.safeParse(value);
  if (!step.success) {
    const issue = step.error.issues[0];
    throw new SimulatorProblem(`--scenario ${where}: ${issue?.path.join('.') || 'step'}: ${issue?.message ?? 'malformed'}`);
  }
  const fault = readFault(step.data.fault);
  if (!fault.ok) throw new SimulatorProblem(`--scenario ${where}: fault: ${fault.error}`);
  return { atMs: step.data.atMs, fault: fault.value };
}
