/** Files that came in parts: what a run goes on with, and the last step, in which all of them get their names or none does. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PartFolder, placeAll } from '../../src/cli/transfer/part-folder.js';

/** A folder with a complete file for each name, and what is to become of them. */
function complete(...names: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = names.map((name) => [join(folder, `${name}.part`), join(folder, name)] as const);
  for (const [from] of files) writeFileSync(from, 'new');
  return { folder, files };
}

it('names the file that is in the way, and takes back the names that were given', async () => {
  const { folder, files } = complete('a', 'b', 'c');
  // The first one has its name already, from a run that was broken off.
  await placeAll(files.slice(0, 1));
  writeFileSync(join(folder, 'c'), 'old');
  await expect(placeAll(files)).rejects.toThrow(`${join(folder, 'c')} exists, and no file is replaced`);
  expect(readdirSync(folder).filter((name) => !name.endsWith('.part'))).toEqual(['a', 'c']);
  expect(readFileSync(join(folder, 'c'), 'utf8')).toBe('old');
});

it('gives all names where none is taken, once and again', async () => {
  const { folder, files } = complete('a', 'b');
  await placeAll(files);
  await placeAll(files);
  expect(['a', 'b'].map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['new', 'new']);
});

it('a run goes on where the bytes that are certain end, whatever is behind them', async () => {
  const { folder } = complete();
  const part = join(folder, '.zephr-AAAAAAAAAAAA.part');
  mkdirSync(part);
  const files = [
    { name: 'a', size: 4 },
    { name: 'b', size: 6 },
  ];
  writeFileSync(join(part, '0'), 'good');
  // Two bytes are on the disk for certain; the others got there by chance.
  writeFileSync(join(part, '1'), 'ok???');
  const opened = await PartFolder.open(folder, files, { folder: part, bytes: 6 });
  expect([opened.state.folder, opened.written]).toEqual([part, 6]);
  await opened.write({ index: 1, bytes: new TextEncoder().encode('ay!!') });
  const paths = await opened.complete();
  expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(['good', 'okay!!']);
});
