/** Empty stores for tests that run on each engine that several processes can share. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
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
