/**
 * Creates of files that have begun. What another process needs to go on with one is on the disk before a chunk of it is
 * sealed, and leaves it when the link has been printed. It holds the link's key: it is for its owner only, and is kept no
 * longer than a server keeps the chunks.
 */

import { type FileHandle, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrokenOffCreate, type CreateJournal, SourceChanged } from '../../client/files/journal.js';
import { encodeUtf8 } from '../../core/bytes.js';
import { sha256 } from '../../core/web-crypto.js';
import { usageError } from '../exit/cli-error.js';
import { systemReason } from '../exit/reason.js';
import type { Terminal } from '../terminal/terminal.js';
import { stateFolder } from './folders.js';
import { acquireLock, ageOf } from './process-lock.js';
import { replaceFile, syncFolder } from './temporary-file.js';

/** The state of a create, held by this process. */
export interface PendingCreate {
  readonly journal: CreateJournal;
  /** Its folder. */
  readonly path: string;
  /** Whether there is something to go on with. */
  readonly isKept: boolean;
  /** Forgets it: the link is in other hands. */
  remove(): Promise<void>;
  /** Lets another process go on with it. */
  release(): Promise<void>;
}

/** How long a server keeps chunks at most (core/protocol/PROTOCOL.md section 4.1), in milliseconds. */
const KEPT_MS = 86_400_000;

/** Thrown in place of waiting for another process that sends the same. */
const IN_USE = new Error('another process sends the same');

/**
 * Opens the state of the create that has these terms, and removes what is out of date.
 * @param terms all that two creates have in common that are the same: server, options, the paths of the files.
 * @returns null where no state can be kept, or another process is at the same create: this one is one of its own.
 */
export async function openPendingCreate(terms: unknown, terminal: Terminal): Promise<PendingCreate | null> {
  const parent = stateFolder(terminal);
  if (parent === null) return null;
  const folder = join(parent, 'creates');
  const name = Buffer.from(await sha256(encodeUtf8(JSON.stringify(terms)))).toString('hex');
  const path = join(folder, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = await acquireLock(`${path}.lock`, KEPT_MS, terminal, async () => {
      throw IN_USE;
    });
    await sweep(folder, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    const files = new CreateFolder(path);
    return {
      journal: await files.journal(),
      path,
      get isKept() {
        return files.isKept;
      },
      async remove() {
        await files.close();
        await rm(path, { recursive: true, force: true });
      },
      async release() {
        await files.close();
        if (!files.isKept) await rm(path, { recursive: true, force: true });
        await lock.release();
      },
    };
  } catch {
    // Another process, or a folder that cannot be written, on a full disk say. The create goes on without it.
    return null;
  }
}

/** The files of one create: `create` holds the key, `digests` a line for each chunk. */
class CreateFolder {
  readonly #create: string;
  readonly #digests: string;
  readonly #folder: string;
  /** The digests that are known, by the number of their chunk. */
  #known = new Map<number, string>();
  #file: FileHandle | undefined;
  #kept: BrokenOffCreate | null = null;
  /** Lines that wait to be written, and the writing of those before them. */
  #waiting: string[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.#create = join(folder, 'create');
    this.#digests = join(folder, 'digests');
  }

  get isKept(): boolean {
    return this.#kept !== null;
  }

  async journal(): Promise<CreateJournal> {
    this.#kept = await readCreate(this.#create);
    if (this.#kept !== null) this.#known = await readDigests(this.#digests);
    return {
      earlier: this.#kept,
      begin: async (create) => {
        await this.close();
        // Without its key, digests of an earlier create mean nothing: first the key goes, then they.
        await rm(this.#create, { force: true });
        await writeFile(this.#digests, '', { mode: 0o600 });
        await syncFolder(this.#folder);
        this.#known.clear();
        await this.#save(create);
      },
      noteChunk: async ({ index, last }, digest) => {
        const line = `${index} ${last ? 'last' : 'more'} ${Buffer.from(digest).toString('hex')}`;
        const known = this.#known.get(index);
        if (known === line) return;
        if (known !== undefined) throw new SourceChanged();
        this.#known.set(index, line);
        await this.#append(line);
      },
      noteBody: async (body) => {
        if (this.#kept !== null) await this.#save({ ...this.#kept, body });
      },
    };
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file?.close();
    this.#file = undefined;
  }

  async #save(create: BrokenOffCreate): Promise<void> {
    this.#kept = create;
    await replaceFile(this.#create, JSON.stringify(create));
  }

  /** Adds a line. Lines that come while others are brought to the disk go there together. */
  async #append(line: string): Promise<void> {
    this.#waiting.push(`${line}\n`);
    this.#writing = this.#writing.then(async () => {
      const lines = this.#waiting.splice(0).join('');
      if (lines === '') return;
      this.#file ??= await open(this.#digests, 'a', 0o600);
      await this.#file.writeFile(lines);
      await this.#file.datasync();
    });
    try {
      await this.#writing;
    } catch (cause) {
      throw usageError(`${this.#folder} cannot be written: ${systemReason(cause)}`, undefined, cause);
    }
  }
}

/** What an earlier process left; null when there is nothing, or nothing that is whole. */
async function readCreate(path: string): Promise<BrokenOffCreate | null> {
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    const {
      key,
      proofHash,
      idempotencyKey,
      upload,
      maxBytes,
      receipt,
      body,
    }: Partial<Record<string, unknown>> = Object(json);
    const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
    if (!isText(key) || !isText(proofHash) || !isText(idempotencyKey) || !isText(upload)) return null;
    if (typeof maxBytes !== 'number') return null;
    return {
      key,
      proofHash,
      idempotencyKey,
      upload,
      maxBytes,
      ...(isText(receipt) ? { receipt } : {}),
      ...(isText(body) ? { body } : {}),
    };
  } catch {
    // No file, or one that was damaged: a new create takes its place.
    return null;
  }
}

/** The whole lines of the digests. A line that a loss of power cut off is of a chunk that was not sealed. */
async function readDigests(path: string): Promise<Map<number, string>> {
  const lines = (await readFile(path, 'latin1')).split('\n').slice(0, -1);
  return new Map(lines.map((line) => [Number(line.split(' ')[0]), line]));
}

/** Removes what no server can go on with any more, this create's own state too. */
async function sweep(folder: string, own: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name !== `${own}.lock` && (await ageOf(path)) > KEPT_MS)
      await rm(path, { recursive: true, force: true });
  }
}
