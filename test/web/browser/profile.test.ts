/**
 * What is left of a key in the browser's own files after a secret was read and the browser closed. A browser notes the
 * address that it was given before any script of the page runs, so that the page can do nothing about some of them.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BROWSER_ARGUMENTS, CHROMIUM, HAS_CHROMIUM, newPage } from '../../support/browser.js';
import { sharedServer } from '../../support/shared-server.js';

/** The browser writes most of what it notes within five seconds, and the rest when it is closed. */
const WRITES_MS = 6_000;

/** The files of a profile that hold a text, as UTF-8 or as UTF-16, by their paths without numbers. */
function filesWith(text: string, profile: string): string[] {
  const wanted = [Buffer.from(text), Buffer.from(text, 'utf16le')];
  const found = readdirSync(profile, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const contents = readFileSync(path);
      return wanted.some((bytes) => contents.includes(bytes));
    });
  return [...new Set(found.map((path) => path.slice(profile.length + 1).replace(/\d{6,}/g, 'N')))].sort();
}

describe.skipIf(!HAS_CHROMIUM)(`the browser's files (need ${CHROMIUM})`, () => {
  const server = sharedServer();

  /** Reads a secret in a browser with a new profile, closes it, and gives the profile. */
  async function read(url: string, prepare: (page: Page) => Promise<void>): Promise<string> {
    const profile = mkdtempSync(join(tmpdir(), 'zephr-profile-'));
    onTestFinished(() => rmSync(profile, { recursive: true, force: true }));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      args: [...BROWSER_ARGUMENTS],
      permissions: ['clipboard-write'],
    });
    try {
      const page = await newPage(context);
      await page.goto(url);
      await prepare(page);
      await page.click('#reveal-submit');
      await page.locator('#revealed').waitFor();
      await page.waitForTimeout(WRITES_MS);
      await page.click('#revealed-copy');
      await page.waitForFunction(
        () => !sessionStorage.getItem(sessionStorage.key(0) ?? '')?.includes('claim'),
      );
    } finally {
      await context.close();
    }
    return profile;
  }

  it('hold the key of a whole link only where they note the address itself', async () => {
    const link = (await server.session().sh('printf hunter2 | zephr')).stdout.trim();
    const profile = await read(link, async () => undefined);
    const places = filesWith(link.split('#')[1] ?? '', profile);
    // Without these, the search would prove nothing.
    expect(places).toContain('Default/History');
    const ofAddresses = /^Default\/History|^Default\/Sessions\/|^segmentation_platform\/|Visited Links/;
    expect(places.filter((path) => !ofAddresses.test(path))).toEqual([]);
  });

  it('hold no key that was pasted, no passphrase and no secret', async () => {
    const session = server.session();
    const made = await session.sh(
      'printf correct-horse > phrase; printf hunter2-battery | zephr --split --passphrase-file phrase',
    );
    const [url = '', key = ''] = made.stdout.split('\n');
    const profile = await read(url, async (page) => {
      await page.fill('#link', key);
      await page.fill('#passphrase', 'correct-horse');
    });
    expect(filesWith(url.split('/').at(-1) ?? '', profile)).toContain('Default/History');
    for (const text of [key.slice(4), 'correct-horse', 'hunter2-battery']) {
      expect(filesWith(text, profile)).toEqual([]);
    }
  });
});
