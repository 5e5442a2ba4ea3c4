/** Asks a person at the terminal for something that must not be seen: no echo, and the terminal is as before afterwards, whatever ends it. */
import { closeSync, openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';

const [ENTER, NEWLINE, CTRL_C, CTRL_D, BACKSPACE, DELETE] = [13, 10, 3, 4, 8, 127];

/** Whether a person could be asked: the process has a terminal, whatever its stdin is. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false; // ENXIO or ENOENT: nobody is there
  }
}

/** The bytes typed up to Enter, for the caller to wipe; null when it was broken off (Ctrl-C, Ctrl-D), or nobody is there to ask. */
export async function askHidden(question: string): Promise<Buffer | null> {
  if (!hasTerminal()) return null;
  const input = new ReadStream(openSync('/dev/tty', 'r'));
  const output = new WriteStream(openSync('/dev/tty', 'w'));
  output.write(question);
  input.setRawMode(true); // the engine restores it at every end of the process
  try {
    return await readLine(input);
  } finally {
    input.setRawMode(false);
    output.write('\n');
    input.destroy();
    output.destroy();
  }
}

function readLine(input: ReadStream): Promise<Buffer | null> {
  const typed = Buffer.alloc(4_096);
  let length = 0;
  return new Promise((resolve) => {
    const finish = (broken: boolean): void => {
      const line = broken ? null : Buffer.from(typed.subarray(0, length));
      typed.fill(0);
      resolve(line);
    };
    input.once('end', () => finish(true));
    input.on('data', (chunk: Buffer) => {
      for (const byte of chunk) {
        if (byte === CTRL_C || byte === CTRL_D) return finish(true);
        if (byte === ENTER || byte === NEWLINE) return finish(false);
        if (byte === BACKSPACE || byte === DELETE) length = Math.max(0, length - 1);
        else if (length < typed.length) typed[length++] = byte;
      }
      chunk.fill(0);
    });
  });
}
