import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { liveScreen, type Terminal } from '../../../scripts/lib/live-screen.ts';

class FakeOutput extends EventEmitter {
  columns = 80;
  rows = 5;
  written = '';

  write(text: string): boolean {
    this.written += text;
    this.emit('written');
    return true;
  }
}

/** A terminal of so many lines: what it shows, and whether it was left as it was found. */
class FakeTerminal {
  readonly input = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(raw: boolean) {
      this.isRaw = raw;
      return this;
    },
  });
  readonly output = new FakeOutput();
  get terminal(): Terminal {
    return { input: this.input as unknown as Terminal['input'], output: this.output as unknown as Terminal['output'] };
  }
  /** The next frame. */
  drawn(words: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.output.written.includes(words)) return;
        this.output.off('written', look);
        resolve();
      };
      this.output.on('written', look);
      look();
    });
  }
}
const CODES = { alternate: '\x1b[?1049h', normal: '\x1b[?1049l', hidden: '\x1b[?25l', shown: '\x1b[?25h' };

test.each(['q', '\x03', '\x1b'])(
  'it is drawn in its own screen, again at a resize, and %j ends it with the terminal as it was',
  async (key) => {
    const fake = new FakeTerminal();
    let frames = 0;
    const done = liveScreen({ terminal: fake.terminal, intervalMs: 3_600_000, lines: async (width) => [`frame ${++frames} of ${width}`] });
    await fake.drawn('frame 1 of 80');
    expect([fake.input.isRaw, fake.output.written.startsWith(CODES.alternate + CODES.hidden)]).toEqual([true, true]);
    fake.output.columns = 120;
    fake.output.emit('resize');
    await fake.drawn('frame 2 of 120');
    fake.input.write(key);
    await done;
    expect(fake.output.written.endsWith(CODES.shown + CODES.normal)).toBe(true);
    expect([fake.input.isRaw, fake.output.listenerCount('resize'), process.listenerCount('SIGTERM')]).toEqual([false, 0, 0]);
  },
);

test('what its lines throw ends it, with the terminal as it was', async () => {
  const fake = new FakeTerminal();
  const broken = liveScreen({ terminal: fake.terminal, intervalMs: 3_600_000, lines: () => Promise.reject(new Error('no such thing')) });
  await expect(broken).rejects.toThrow('no such thing');
  expect([fake.output.written.endsWith(CODES.normal), fake.input.isRaw]).toEqual([true, false]);
});
