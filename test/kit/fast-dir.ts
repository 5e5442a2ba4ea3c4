/** A new folder in memory where the machine has one, for tests that open many files: no disk is waited for. */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const fastDir = (name: string): string => mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `mmbot-${name}-`));
