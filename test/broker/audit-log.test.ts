/** The log of uses: nothing happens that is not in it, and a line that was touched is found. */

import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AuditEntry, formatLine, linesOf, readLine, verifyChain } from '../../src/broker/audit/chain.js';
import { AuditError, AuditLog, readAuditLog } from '../../src/broker/audit/log.js';
import { smallDisk, withoutDisk } from '../support/small-disk.js';

const ENTRY: AuditEntry = {
  time: '2026-01-02T03:04:05.678Z',
  command: 'call',
  pid: 4711,
  secrets: ['API_KEY'],
  method: 'GET',
  host: 'api.example.com',
  path: '/v1/things',
  decision: 'allowed',
};

const withoutDescriptors = existsSync('/proc/self/fd') ? '' : ' (not run: nothing lists open files here)';

/** What this process has open below a folder. */
function openBelow(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    const link = join('/proc/self/fd', descriptor);
    // The listing itself has been closed again.
    const target = existsSync(link) ? readlinkSync(link) : '';
    return target.startsWith(folder) ? [target] : [];
  });
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const openLog = (path: string, rotateBytes?: number) =>
  new AuditLog({
    path,
    pid: process.pid,
    isRunning: () => true,
    ...(rotateBytes !== undefined && { rotateBytes }),
  });

async function findingsIn(path: string): Promise<string[]> {
  const findings = verifyChain(await readAuditLog(path));
  return findings.map(({ file, line, what }) => `${basename(file)}:${line} ${what}`);
}

/** A log of five lines, and what is found after `change` has changed its text. */
async function changed(change: (lines: string[]) => string[]): Promise<string[]> {
  const path = join(newFolder(), 'audit.jsonl');
  const log = openLog(path);
  for (let status = 200; status < 205; status++) await log.append({ ...ENTRY, decision: 'done', status });
  const lines = linesOf(readFileSync(path, 'utf8'));
  writeFileSync(
    path,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
  return findingsIn(path);
}

describe('the audit log', () => {
  it('keeps entries as they are, in a file of the user alone', async () => {
    const path = join(newFolder(), 'state', 'audit.jsonl');
    await openLog(path).append(ENTRY);
    await openLog(path).append({ ...ENTRY, decision: 'done', status: 200, milliseconds: 12, agent: 'a b' });
    const lines = linesOf(readFileSync(path, 'utf8'));
    expect(lines.map(readLine)).toEqual([
      ENTRY,
      { ...ENTRY, decision: 'done', status: 200, milliseconds: 12, agent: 'a b' },
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}.head`).mode & 0o777).toBe(0o600);
    expect(await findingsIn(path)).toEqual([]);
  });

  it('is written by many at once, and every line is there', async () => {
    const path = join(newFolder(), 'audit.jsonl');
    const logs = Array.from({ length: 6 }, () => openLog(path, 4_000));
    const appends = logs.flatMap((log, writer) =>
      Array.from({ length: 20 }, (_, turn) => log.append({ ...ENTRY, use: `${writer}.${turn}` })),
    );
    await Promise.all(appends);
    const { files } = await readAuditLog(path);
    const uses = files.flatMap(({ text }) => linesOf(text)).map((line) => readLine(line)?.use);
    expect(new Set(uses).size).toBe(120);
    expect(uses).toHaveLength(120);
    expect(await findingsIn(path)).toEqual([]);
  });

  it.skipIf(withoutDescriptors)(`leaves no file open behind${withoutDescriptors}`, async () => {
    const folder = newFolder();
    const path = join(folder, 'audit.jsonl');
    for (let use = 0; use < 3; use++) {
      const log = openLog(path);
      await log.append(ENTRY);
      await log.append(ENTRY);
    }
    expect(openBelow(folder)).toEqual([]);
    expect(await findingsIn(path)).toEqual([]);
  });

  it('begins a new head where somebody removed it', async () => {
    const path = join(newFolder(), 'audit.jsonl');
    const log = openLog(path);
    await log.append(ENTRY);
    rmSync(`${path}.head`);
    await log.append(ENTRY);
    expect(existsSync(`${path}.head`)).toBe(true);
    expect(await findingsIn(path)).toEqual([]);
  });

  it('begins new files, keeps ten, and the chain goes through them', async () => {
    const path = join(newFolder(), 'audit.jsonl');
    const log = openLog(path, 600);
    for (let turn = 0; turn < 60; turn++) await log.append(ENTRY);
    const { files, isWhole } = await readAuditLog(path);
    expect(files.map(({ file }) => basename(file))).toEqual(
      Array.from({ length: 10 }, (_, index) => `audit.jsonl.${index + 11}`),
    );
    expect(isWhole).toBe(false);
    expect(await findingsIn(path)).toEqual([]);
    rmSync(`${path}.15`);
    expect(await findingsIn(path)).toEqual([
      expect.stringContaining('audit.jsonl.16:1 was not written after'),
    ]);
  });

  it('cuts what callers make too long', async () => {
    const path = join(newFolder(), 'audit.jsonl');
    await openLog(path).append({ ...ENTRY, path: '\ud800'.repeat(100_000) });
    const [line = ''] = linesOf(readFileSync(path, 'utf8'));
    expect(line.length).toBeLessThan(8_000);
    await openLog(path).append(ENTRY);
    expect(await findingsIn(path)).toEqual([]);
  });

  it('refuses where it cannot be written', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'state'), '');
    await expect(openLog(join(folder, 'state', 'audit.jsonl')).append(ENTRY)).rejects.toThrow(AuditError);
  });

  it.skipIf(withoutDisk)(`refuses on a full disk, and leaves nothing half${withoutDisk}`, async () => {
    const { folder, fill, free } = smallDisk();
    const path = join(folder, 'audit.jsonl');
    const log = openLog(path);
    await log.append(ENTRY);
    fill();
    // The page of the file that has begun still has room.
    let refused = 0;
    for (let turn = 0; turn < 60; turn++) {
      await log.append(ENTRY).catch((error: unknown) => {
        refused += 1;
        expect(error).toBeInstanceOf(AuditError);
      });
    }
    expect(refused).toBeGreaterThan(0);
    const kept = linesOf(readFileSync(path, 'utf8')).length;
    expect(kept).toBe(61 - refused);
    free();
    await log.append(ENTRY);
    expect(await findingsIn(path)).toEqual([]);
  });
});

describe('a log that was touched', () => {
  it.each<[string, (lines: string[]) => string[], string]>([
    [
      'a line edited',
      (lines) => lines.map((line, at) => (at === 2 ? line.replace('202', '200') : line)),
      ':4 was not written after line 3',
    ],
    [
      'the first line edited',
      (lines) => lines.map((line, at) => (at === 0 ? line.replace('200', '201') : line)),
      ':2 was not written after line 1',
    ],
    ['a line dropped', (lines) => lines.toSpliced(2, 1), ':3 was not written after line 2'],
    ['the first line dropped', (lines) => lines.slice(1), ':1 was not the first one'],
    ['the last line dropped', (lines) => lines.slice(0, -1), ':4 is not the last one that was written'],
    ['all lines dropped', () => [], ':0 is not the last one that was written'],
    [
      'a line moved',
      (lines) => [...lines.slice(0, 1), ...lines.slice(2, 4), ...lines.slice(1, 2), ...lines.slice(4)],
      ':2 was not written after line 1',
    ],
    ['a line added', (lines) => lines.toSpliced(2, 0, lines[4] ?? ''), ':3 was not written after line 2'],
    ['a line that is none', (lines) => lines.toSpliced(2, 0, 'hello'), ':3 is not a line of the log'],
  ])('%s', async (_, change, finding) => {
    expect(await changed(change)).toEqual(
      expect.arrayContaining([expect.stringContaining(`audit.jsonl${finding}`)]),
    );
  });

  it('does not hide with the next line that the last one was dropped', async () => {
    const path = join(newFolder(), 'audit.jsonl');
    const log = openLog(path);
    for (let turn = 0; turn < 3; turn++) await log.append(ENTRY);
    writeFileSync(
      path,
      readFileSync(path, 'utf8')
        .split('\n')
        .slice(0, 2)
        .map((line) => `${line}\n`)
        .join(''),
    );
    await log.append(ENTRY);
    await log.append(ENTRY);
    expect(await findingsIn(path)).toEqual([
      expect.stringContaining('audit.jsonl:3 was not written after line 2'),
    ]);
  });

  it('goes on behind a line that was not written to its end, and says so', async () => {
    const path = join(newFolder(), 'audit.jsonl');
    const log = openLog(path);
    await log.append(ENTRY);
    appendFileSync(path, '{"previous":"');
    await log.append(ENTRY);
    expect(await findingsIn(path)).toEqual(['audit.jsonl:2 is not a line of the log']);
  });

  it('with a correct chain of its own is known by its end', async () => {
    const path = join(newFolder(), 'audit.jsonl');
    await openLog(path).append(ENTRY);
    const head = readFileSync(`${path}.head`);
    await openLog(path).append({ ...ENTRY, status: 500 });
    writeFileSync(`${path}.head`, head);
    expect(await findingsIn(path)).toEqual([expect.stringContaining('audit.jsonl:2 was added')]);
    await openLog(path).append(ENTRY);
    expect(await findingsIn(path)).toEqual([]);
  });
});

it('a line is of ASCII without controls, whatever a caller puts into it', () => {
  const nasty = '\u0000\n\u001b[2J\u007f\u0085\u009b\u00e9\u202e\u{1f512}';
  const line = formatLine('', { ...ENTRY, agent: nasty, path: nasty });
  expect(line).toMatch(/^[ -~]+$/);
  expect(readLine(line)).toMatchObject({ agent: nasty, path: nasty });
});
