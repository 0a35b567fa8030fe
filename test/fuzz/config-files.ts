/** Config files and the claims of reads that broke off: files that anything may have written to. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CliError } from '../../src/cli/exit/cli-error.js';
import { EXIT } from '../../src/cli/exit/codes.js';
import { openClaimFile } from '../../src/cli/files/pending-claims.js';
import { main } from '../../src/cli/main.js';
import { CONFIG_KEYS, type ConfigKey } from '../../src/cli/settings/choices.js';
import { changeConfigFile, readConfigFile } from '../../src/cli/settings/config-file.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { type Family, property, quotes, resultOf } from './family.js';
import { FOUND_CONFIGS } from './found.js';
import { mutated, mutatedBytes, mutatedObject, oddValue } from './odd.js';
import { checkShown } from './terminal.js';

const API_KEY = `zeph_${'Secr3tKeyThatNobodyMaySee'.repeat(2).slice(0, 40)}`;

const config = fc.record({
  server: fc.constantFrom('https://zephr.example', 'http://localhost:1'),
  apiKey: fc.constant(API_KEY),
  apiKeys: fc.constant({ 'https://other.example': API_KEY }),
  expiry: fc.constantFrom('5m', '1d'),
  link: fc.constantFrom('v1', 'v2'),
});

/** A file's text: an object with some damage, as JSON with some damage. */
const text = fc.oneof(
  { weight: 4, arbitrary: mutatedObject(config).map((object) => JSON.stringify(object)) },
  { weight: 3, arbitrary: mutated(config.map((object) => JSON.stringify(object, null, 2))) },
  { weight: 1, arbitrary: oddValue.map((value) => JSON.stringify(value)) },
);
const file = fc.oneof(
  { weight: 9, arbitrary: text.map((one) => new Uint8Array(Buffer.from(one))) },
  { weight: 1, arbitrary: mutatedBytes(config.map((object) => Buffer.from(JSON.stringify(object)))) },
);

/** Runs `work` with a folder of its own. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-fuzz-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TEXT_KEYS = CONFIG_KEYS.filter((key): key is Exclude<ConfigKey, 'apiKey'> => key !== 'apiKey');

/** The server whose API key a change is about. */
const ORIGIN = 'https://changed.example';

/** The members that are no settings of zephr, and those that a change of `key` has to leave alone. */
function others(members: Record<string, unknown>, key: ConfigKey): Record<string, unknown> {
  const { [key]: _, apiKey: __, apiKeys: ___, ...rest } = members;
  return rest;
}

function checkRefusal(error: unknown): void {
  assert(error instanceof CliError && error.exit === EXIT.usage, String(error));
  assert(!quotes(`${error.message} ${error.advice}`, API_KEY.slice(5)), 'the message quotes the file');
}

const reading = property(
  'a config file gives the strings it holds, or is refused unquoted',
  file,
  (bytes) =>
    inFolder(async (folder) => {
      const path = join(folder, 'c');
      writeFileSync(path, bytes);
      const result = await resultOf(() => readConfigFile({ path, explicit: true }, fakeTerminal()));
      if ('error' in result) {
        checkRefusal(result.error);
        return 'refused';
      }
      const text = Buffer.from(bytes).toString();
      // A file with nothing in it sets nothing.
      const held = (text.trim() === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      for (const key of TEXT_KEYS) {
        const value = Object.hasOwn(held, key) ? held[key] : undefined;
        assert.equal(result.value.config[key], value === null || value === '' ? undefined : value);
      }
      for (const [origin, key] of result.value.config.apiKeys) {
        assert.equal(new URL(origin).origin, origin);
        assert([held.apiKey, ...Object.values(held.apiKeys ?? {})].includes(key), 'a key that is not there');
      }
      assert.equal(Object.getPrototypeOf(result.value.config), Object.prototype);
      return 'read';
    }),
  { weight: 20, found: FOUND_CONFIGS, outcomes: ['read', 'refused'] },
);

const changing = property(
  'a change keeps everything else the file holds, or leaves it as it is',
  fc.record({
    bytes: file,
    key: fc.constantFrom(...CONFIG_KEYS),
    value: fc.option(fc.string({ unit: 'grapheme', minLength: 1 }), { nil: undefined }),
  }),
  ({ bytes, key, value }) =>
    inFolder(async (folder) => {
      const path = join(folder, 'c');
      writeFileSync(path, bytes);
      const result = await resultOf(() =>
        changeConfigFile(
          { path, explicit: true },
          key === 'apiKey' ? { key, origin: ORIGIN, value } : { key, value },
          fakeTerminal(),
        ),
      );
      assert.deepEqual(readdirSync(folder), ['c']);
      if ('error' in result) {
        checkRefusal(result.error);
        assert.deepEqual(new Uint8Array(readFileSync(path)), bytes);
        return 'refused';
      }
      const text = Buffer.from(bytes).toString();
      const before = (text.trim() === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      const after = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      assert.equal(JSON.stringify(others(after, key)), JSON.stringify(others(before, key)));
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const reread = await resultOf(() => readConfigFile({ path, explicit: true }, fakeTerminal()));
      if ('error' in reread) {
        // What the change left alone may be no value of a setting: then the file is refused without the change too.
        checkRefusal(reread.error);
        writeFileSync(path, JSON.stringify({ ...before, [key]: undefined }));
        const unchanged = await resultOf(() => readConfigFile({ path, explicit: true }, fakeTerminal()));
        assert('error' in unchanged, `refused since the change: ${String(reread.error)}`);
        return 'changed beside what is refused';
      }
      const { config } = reread.value;
      assert.equal(key === 'apiKey' ? config.apiKeys.get(ORIGIN) : config[key], value);
      return 'changed';
    }),
  { weight: 2, found: FOUND_CONFIGS.map((bytes) => ({ bytes, key: 'link' as const, value: 'v2' })) },
);

const showing = property(
  'zephr config ls shows what is set, the API key never, and nothing a terminal would obey',
  fc.tuple(
    mutatedObject(config).map((object) => ({ ...object, apiKey: API_KEY })),
    fc.boolean(),
  ),
  ([object, json]) =>
    inFolder(async (folder) => {
      const path = join(folder, 'c');
      writeFileSync(path, JSON.stringify(object), { mode: 0o600 });
      const terminal = fakeTerminal();
      const code = await main(['config', 'ls', '--config', path, ...(json ? ['--json'] : [])], terminal);
      const shown = `${terminal.written('stdout')}${terminal.written('stderr')}`;
      checkShown(shown);
      assert(!quotes(shown, API_KEY.slice(8, -4)), 'the API key is shown');
      assert([EXIT.done, EXIT.usage].includes(code as 0 | 2), `exit ${code}`);
      return `exit ${code}`;
    }),
  { weight: 4 },
);

const address = { server: 'https://zephr.example', id: 'A'.repeat(22) };
const pendingClaim = { claim: 'c'.repeat(32), startedAt: '2026-01-01T00:00:00.000Z' };
const answered = { ...pendingClaim, readableUntil: '2026-01-01T00:00:30.000Z' };

const claims = property(
  'the claim of a read that broke off is one that can be sent, or is ignored',
  fc.oneof(
    mutatedObject(fc.constant(answered)).map((object) => JSON.stringify(object)),
    mutated(fc.constant(JSON.stringify(answered))),
  ),
  (note) =>
    inFolder(async (folder) => {
      const terminal = fakeTerminal({ env: { XDG_STATE_HOME: folder } });
      const open = () => openClaimFile(address, terminal, async () => undefined);
      const file = await open();
      await file.save(pendingClaim);
      await file.release();
      const notes = join(folder, 'zephr', 'claims');
      const [name = ''] = readdirSync(notes);
      writeFileSync(join(notes, name), note);
      const { found, release } = await open();
      await release();
      assert.deepEqual(readdirSync(notes), [name]);
      if (found === null) return 'ignored';
      assert.match(found.claim, /^[A-Za-z0-9_-]{22,64}$/);
      assert(!Number.isNaN(Date.parse(found.startedAt)));
      return 'taken';
    }),
  { weight: 8, outcomes: ['taken', 'ignored'] },
);

export const CONFIG_FILES: Family = {
  name: 'config files',
  properties: [reading, changing, showing, claims],
};
