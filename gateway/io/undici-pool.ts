/** The pool of undici alone: its index loads ninety files more, for fetch, caches and mocks, which is a tenth of what a start costs. */
import { createRequire } from 'node:module';
import type * as whole from 'undici';

export const Pool = createRequire(import.meta.url)('undici/lib/dispatcher/pool.js') as typeof whole.Pool;
