/** No parser takes a square of the length of what it is given: a megabyte of it would take hours. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('long-inputs.ts', import.meta.url));

/** Enough for a machine with other things to do; what takes a square would need hundreds of times as long. */
const PATIENCE_MS = 150_000;

it('every parser comes to the end of a megabyte, whatever it is', {
  timeout: PATIENCE_MS + 10_000,
}, async () => {
  const options = { timeout: PATIENCE_MS, killSignal: 'SIGKILL' } as const;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], options).catch(
    (error: { stdout: string; stderr: string }) => ({ stdout: `${error.stdout}${error.stderr}` }),
  );
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('done');
});
