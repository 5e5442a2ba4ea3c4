/** A screen that is drawn again in its place until somebody presses q: the terminal is left as it was found. */
import { emitKeypressEvents } from 'node:readline';
import { fitted } from './fit.ts';

export type Terminal = {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
};
export type LiveScreenOptions = {
  readonly terminal: Terminal;
  readonly intervalMs: number;
  /** Lines of now; what it throws ends the screen. */
  readonly lines: (width: number) => Promise<readonly string[]>;
};

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const LINE_END = '\x1b[K';
const REST = '\x1b[J';
const FOOT = 'q quits';

/** One frame: every line over the one that stood there, nothing of the old left, no more than fits. */
export function frameOf(lines: readonly string[], { columns, rows }: { readonly columns: number; readonly rows: number }): string {
  const fit = fitted(lines, columns);
  const room = Math.max(1, rows - 1);
  const hidden = fit.length - room;
  const shown = hidden > 0 ? fit.slice(0, room) : fit;
  const foot = (hidden > 0 ? `${hidden} more lines: a taller window shows them; ${FOOT}` : FOOT).slice(0, columns);
  return `${HOME}${[...shown, foot].map((line) => `${line}${LINE_END}`).join('\r\n')}${REST}`;
}

/** Resolves when a person has ended it. */
export async function liveScreen({ terminal: { input, output }, intervalMs, lines }: LiveScreenOptions): Promise<void> {
  const ended = Promise.withResolvers<void>();
  let drawing = false;
  const draw = async (): Promise<void> => {
    if (drawing) return;
    drawing = true;
    try {
      const { columns = 80, rows = 24 } = output;
      output.write(frameOf(await lines(columns), { columns, rows }));
    } catch (error) {
      ended.reject(error);
    }
    drawing = false;
  };
  const again = (): void => void draw();
  const end = (): void => ended.resolve();
  const onKey = (_: string, key: { readonly name?: string; readonly ctrl?: boolean }): void => {
    if (key.name === 'q' || key.name === 'escape' || (key.ctrl === true && key.name === 'c')) end();
  };
  emitKeypressEvents(input);
  const wasRaw = input.isRaw;
  if (input.isTTY) input.setRawMode(true);
  input.on('keypress', onKey).resume();
  output.write(ENTER);
  output.on('resize', again);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  const timer = setInterval(again, intervalMs);
  try {
    await draw();
    await ended.promise;
  } finally {
    clearInterval(timer);
    output.off('resize', again);
    output.write(LEAVE);
    input.off('keypress', onKey).pause();
    if (input.isTTY) input.setRawMode(wasRaw);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
  }
}
