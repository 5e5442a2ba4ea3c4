/** One line on stderr that is written over, on a terminal only. */
export type ProgressLine = { readonly show: (text: string) => void; readonly end: () => void };

export function progressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined };
  return {
    show: (text) => void stream.write(`\r\x1b[K${text.slice(0, (stream.columns || 80) - 1)}`),
    end: () => void stream.write('\r\x1b[K'),
  };
}

const BAR_CELLS = 24;

/** `[######------]  50 %  what is told, 12 s left`; `done` of `total` in any unit, after so many ms. */
export function progressText(
  { done, total, tookMs }: { readonly done: number; readonly total: number; readonly tookMs: number },
  told: string,
): string {
  const part = total > 0 ? Math.min(1, done / total) : 1;
  const cells = Math.round(part * BAR_CELLS);
  const leftS = part > 0 && part < 1 ? Math.ceil((tookMs / part - tookMs) / 1_000) : null;
  const bar = `[${'#'.repeat(cells)}${'-'.repeat(BAR_CELLS - cells)}]`;
  return `${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${told}${leftS === null ? '' : `, ${leftS} s left`}`;
}
