/** Streams of bytes to stdout and into files: written as they come, to the last byte, and never far ahead. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openOutputFile } from '../../src/cli/files/output-file.js';
import { fakeTerminal } from '../support/fake-terminal.js';

const WRITER = fileURLToPath(new URL('../support/stream-writer.ts', import.meta.url));
const PIECES = 64;
const PIECE_BYTES = 65_536;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zephr-streams-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** The pieces that the writer makes: each of one byte over and over. */
async function* pieces(count = PIECES): AsyncGenerator<Uint8Array, void, undefined> {
  for (let index = 0; index < count; index++) yield new Uint8Array(PIECE_BYTES).fill(index);
}

async function digestOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of source) hash.update(piece);
  return hash.digest('hex');
}

describe('a stream to stdout', () => {
  it('arrives whole', async () => {
    const writer = spawn(process.execPath, ['--import', 'tsx', WRITER, String(PIECES)]);
    const closed = once(writer, 'close');
    expect(await digestOf(writer.stdout)).toBe(await digestOf(pieces()));
    expect(await closed).toEqual([0, null]);
  });

  it('is not read on when its reader has gone', async () => {
    const writer = spawn(process.execPath, ['--import', 'tsx', WRITER, String(Number.MAX_SAFE_INTEGER)]);
    const closed = once(writer, 'close');
    let said = '';
    writer.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    await once(writer.stdout, 'data');
    writer.stdout.destroy();
    await closed;
    const [, code, made] = /^(\w+) (\d+) ended$/m.exec(said) ?? [];
    expect(code).toBe('EPIPE');
    // What the pipe and our own buffer hold, and one more.
    expect(Number(made)).toBeLessThan(16);
  });
});

describe('a stream into a file', () => {
  const { platform, interrupt } = fakeTerminal();

  it('is there with all its bytes, or not at all', async () => {
    const path = join(folder(), 'file');
    const file = await openOutputFile(path, { force: false }, { platform, interrupt });
    await file.complete(pieces(), undefined);
    await file.discard();
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(await digestOf(pieces()));
  });

  it('leaves nothing when it breaks off', async () => {
    const parent = folder();
    async function* broken(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* pieces(3);
      throw new Error('broken off');
    }
    const file = await openOutputFile(join(parent, 'file'), { force: false }, { platform, interrupt });
    await expect(file.complete(broken(), undefined)).rejects.toThrow('broken off');
    await file.discard();
    expect(readdirSync(parent)).toEqual([]);
  });
});
