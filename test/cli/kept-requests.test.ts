/** What is kept of a request on this machine: its seed is lost to nobody, and what was removed stays so. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  changeRequest,
  findRequests,
  keepRequest,
  removeRequest,
} from '../../src/cli/files/request-files.js';
import { fakeTerminal } from '../support/fake-terminal.js';

const LATER = Date.UTC(2030, 0, 1);
const ID = 'A'.repeat(22);
const link = (seed: number) => ({
  server: 'https://zephr.test',
  id: ID,
  seed: new Uint8Array(32).fill(seed),
});

/** A terminal with a home of its own, and the files of requests in it. */
function machine() {
  const home = mkdtempSync(join(tmpdir(), 'zephr-test-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const terminal = { ...fakeTerminal(), home };
  const folder = join(home, '.local/state/zephr/requests');
  return {
    terminal,
    files: () => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
  };
}

it('the seed of a request is not replaced by that of another one with its id', async () => {
  const { terminal, files } = machine();
  await keepRequest(link(1), LATER, terminal);
  const before = files();
  await expect(keepRequest(link(2), LATER, terminal)).rejects.toThrow('the id of another request');
  expect(files()).toEqual(before);
});

it('a request that was removed meanwhile does not come back with what is noted about it', async () => {
  const { terminal, files } = machine();
  const kept = await keepRequest(link(1), LATER, terminal);
  await removeRequest(kept, terminal);
  const change = (current: typeof kept) => ({ ...current, taken: { x: 'y' } });
  expect(await changeRequest(kept, terminal, change)).toBe(true);
  expect(files()).toEqual([]);
  expect(await findRequests(ID, terminal)).toEqual([]);
});

it('one that is there is changed, and found by the beginning of its id', async () => {
  const { terminal } = machine();
  const kept = await keepRequest(link(1), LATER, terminal);
  await changeRequest(kept, terminal, (current) => ({ ...current, taken: { x: 'y' } }));
  expect(await findRequests(ID.slice(0, 8), terminal)).toMatchObject([{ id: ID, taken: { x: 'y' } }]);
  expect(await findRequests('B', terminal)).toEqual([]);
});
