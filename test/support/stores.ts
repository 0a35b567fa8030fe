/** Empty stores for tests that run on each engine that several processes can share. */

import { copyFileSync, linkSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore } from '../../src/server/store/open.js';
import { newSchema, withoutPostgres } from './postgres.js';

export type Engine = 'SQLite' | 'PostgreSQL';

export const ENGINES: readonly Engine[] = ['SQLite', 'PostgreSQL'];

/** Why tests on an engine are skipped, to append to their name; empty when they run. */
export function withoutEngine(engine: Engine): string {
  return engine === 'PostgreSQL' ? withoutPostgres : '';
}

/** An empty store that goes with its test. @returns what to write after `--store`. */
export async function newStore(engine: Engine): Promise<string> {
  if (engine === 'PostgreSQL') {
    const schema = await newSchema();
    onTestFinished(() => schema.drop());
    return schema.store;
  }
  const folder = mkdtempSync(join(tmpdir(), 'zephr-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'zephr.db');
}

/**
 * Makes an SQLite store, and gives what makes empty ones at other paths of its folder: as copies, which takes a quarter of
 * the time that a new one takes. They share the room that they keep in reserve.
 */
export async function sqliteCopies(path: string): Promise<(to: string) => string> {
  await (await openStore(path)).close();
  return (to) => {
    for (const part of ['', '-chunks']) copyFileSync(`${path}${part}`, `${to}${part}`);
    linkSync(`${path}-reserve`, `${to}-reserve`);
    return to;
  };
}
