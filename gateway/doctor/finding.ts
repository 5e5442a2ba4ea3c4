/** What the doctor says of one thing it looked at. Pure. */
import type { Result } from '../../shared/result.ts';

/** `fail`: nothing may trade real money like this. `unknown`: it could not be looked at, which is never `ok`. */
export type Level = 'ok' | 'warn' | 'fail' | 'unknown';
export type Finding = {
  /** Stable, for scripts: 'redis-memory'. */
  readonly id: string;
  readonly level: Level;
  readonly said: string;
  /** What a person does about it, a command where one does; null when nothing needs doing. */
  readonly fix: string | null;
};

/** A fact, or why it could not be had. */
export type Known<T> = Result<T, string>;

export const fine = (id: string, said: string): Finding => ({ id, level: 'ok', said, fix: null });
export const warned = (id: string, said: string, fix: string): Finding => ({ id, level: 'warn', said, fix });
export const failed = (id: string, said: string, fix: string): Finding => ({ id, level: 'fail', said, fix });
export const unsure = (id: string, said: string, fix: string): Finding => ({ id, level: 'unknown', said, fix });

export const failures = (findings: readonly Finding[]): readonly Finding[] => findings.filter(({ level }) => level === 'fail');
