/** Debian's Chromium, for pages that a person looks at. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Null, with a line that says so, where there is none: `apt-get install chromium`. */
export const chromiumPath = (): string | null => {
  const found = PATHS.find((path) => existsSync(path)) ?? null;
  if (found === null) console.warn('No Chromium here (apt-get install chromium): page tests are skipped');
  return found;
};

export const openChromium = (executablePath: string): Promise<Browser> => chromium.launch({ executablePath, args: ['--no-sandbox'] });
