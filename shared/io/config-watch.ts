/**
 * Sees edits of config.json and of config.local.json beside it. Looks at both a few times a second instead of asking the file system to
 * tell: that works on every file system and for every way editors replace a file. An edit counts once it has stood still for one look, so
 * that a file is not read half written; it is told once, good or bad.
 */
import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Loaded, loadConfig } from '../config-file.ts';
import type { Result } from '../result.ts';

export type OnEdit = (loaded: Result<Loaded, readonly string[]>) => void;
export type ConfigWatchOptions = {
  readonly file: string;
  /** Values of this run over it. */
  readonly over?: string | undefined;
  readonly onEdit: OnEdit;
  /** Real milliseconds between two looks: a person waits for it. */
  readonly lookMs?: number;
};

const LOOK_MS = 100;

export function watchConfig({ file, over, onEdit, lookMs = LOOK_MS }: ConfigWatchOptions): Disposable {
  const path = resolve(file);
  const files = [path, join(dirname(path), 'config.local.json')];
  const look = (): string => files.map(stampOf).join(' ');
  let [told, seen] = [look(), ''];
  const timer = setInterval(() => {
    const now = look();
    const stands = now === seen;
    seen = now;
    if (!stands || now === told) return;
    told = now;
    onEdit(loadConfig(path, over));
  }, lookMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * The newest good edit, and the newest of all, are told to whoever begins to listen: none is lost before that, nor where a gateway begins anew
 * with what it read first.
 */
export class Edits {
  #good: Parameters<OnEdit>[0] | null = null;
  #newest: Parameters<OnEdit>[0] | null = null;
  #listener: OnEdit | null = null;

  readonly take: OnEdit = (loaded) => {
    if (loaded.ok) this.#good = loaded;
    this.#newest = loaded;
    this.#listener?.(loaded);
  };

  listen(listener: OnEdit): void {
    this.#listener = listener;
    for (const edit of new Set([this.#good, this.#newest])) if (edit) listener(edit);
  }
}

/** Changes with every edit; a file that is not there is a state as well. */
function stampOf(file: string): string {
  try {
    const found = statSync(file, { throwIfNoEntry: false, bigint: true });
    return found ? `${found.ino}:${found.size}:${found.mtimeNs}` : 'none';
  } catch (error) {
    return `unreadable ${(error as NodeJS.ErrnoException).code}`; // reading it tells why
  }
}
