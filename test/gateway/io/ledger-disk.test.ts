import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
if (!mayMount) process.stderr.write('ledger-disk: skipped: a disk of its own cannot be mounted here (unshare -rm)\n');

test.skipIf(!mayMount)(
  'a full disk stops new orders with a reason, while cancel and close go on, and nothing taken meanwhile is lost',
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'mmbot-disk-'));
    const mounted = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$1" "$2" "$0"'; // gone with its namespace
    const script = join(import.meta.dirname, '../../kit/full-disk.ts');
    const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', mounted, dir, process.execPath, script], { encoding: 'utf8' });
    rmSync(dir, { recursive: true, force: true });
    expect(stderr).toBe('');
    const full = expect.stringMatching(/disk is full/);
    expect(JSON.parse(stdout)).toEqual({
      store: { full: true, fault: full, whileFull: [false, false], still: full, after: [null, true], missing: 0 },
      side: {
        ...{ before: 'taken', told: 'ledger-unavailable', faultAfter: null, after: 'taken', kept: true },
        whileFull: { again: 'ledger-unavailable', gone: true, closed: 'taken', closes: true, position: 0, fault: full },
      },
      readOnly: { fault: expect.stringMatching(/unable to open|readonly/), written: false, epoch: null, returned: true },
    });
  },
);
