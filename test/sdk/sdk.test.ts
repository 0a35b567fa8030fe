/** The SDK's scenarios, from source. Those of its bundle: test/installed/runtimes.test.ts. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as sdk from '../../src/index.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { scenarios } from './scenarios.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

let server: ServerProcess;

beforeAll(async () => {
  server = await startServerProcess();
});

afterAll(async () => {
  await server.stop();
});

describe("the SDK's scenarios", () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    await scenario.run(sdk, server.url);
  });
});

describe('the bundle', () => {
  it('names nothing of Node', () => {
    const text = readFileSync(join(root, 'dist/index.js'), 'utf8');
    expect(text).not.toMatch(/\bnode:|\brequire\(|\bprocess\.|\bBuffer\b/);
  });
});
