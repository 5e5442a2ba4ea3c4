/** What a strategy's code threw, as one line: its words, and the line of the file where that is known. Pure. */
const LENGTH_MAX = 200;

export function faultText(error: unknown, file?: string): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const words = (text.split('\n')[0] ?? '').slice(0, LENGTH_MAX);
  if (!(error instanceof Error)) return words;
  const at = placeOf(error.stack ?? '', file);
  return at === null ? words : `${words} at ${at}`;
}

/** The first place in that file, or the first one at all that is no module of Node. */
function placeOf(stack: string, file: string | undefined): string | null {
  for (const [, path = '', line] of stack.matchAll(/(?:file:\/\/)?([^\s()]+\.ts):(\d+)/g))
    if (!path.startsWith('node:') && (file === undefined || path === file)) return `${path.slice(path.lastIndexOf('/') + 1)}:${line}`;
  return null;
}
