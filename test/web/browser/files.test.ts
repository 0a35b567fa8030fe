/** Files on the page: several of them, with what was typed, sent and fetched again, also over a line that breaks. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Download, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { sharedServer } from '../../support/shared-server.js';
import { headingOf, share, textOf, useBrowser, visitor } from './visitor.js';

/** Bytes that no compression and no repetition makes alike. */
function content(name: string, length: number): Buffer {
  const seed = createHash('sha512').update(name).digest();
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (seed[index % 64] ?? 0) ^ (index >> 6)));
}

const file = (name: string, length: number) => ({ name, mimeType: '', buffer: content(name, length) });

describe.skipIf(!HAS_CHROMIUM)(`files on the page (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();

  /** A page that cannot write to the disk itself: downloads arrive as downloads. */
  const openPage = async (url = `${server.url}/`) => {
    const { context } = await visitor([server.url]);
    const page = await context.newPage();
    await page.addInitScript(() => {
      delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker;
    });
    await page.goto(url);
    await page.locator('main > section:not(#not-started)').first().waitFor();
    return page;
  };
  const limitsKnown = (page: Page) => expect.poll(() => textOf(page, '#secret-limit')).toContain('GB');
  const names = (page: Page, list: string) => page.locator(`${list} .file-name`).allInnerTexts();
  const bytesOf = async (download: Download) => readFileSync(await download.path());

  it('are shared with what was typed, and fetched by another visitor one by one and all at once', async () => {
    const sender = await openPage();
    await limitsKnown(sender);
    await sender.fill('#secret-text', 'the note');
    await sender.setInputFiles('#file-input', [file('a.bin', 3_000_000), file('b.txt', 10)]);
    await sender.setInputFiles('#file-input', [file('A.BIN', 20), file('gone.txt', 5)]);
    expect(await names(sender, '#files')).toEqual(['a.bin', 'b.txt', 'A 2.BIN', 'gone.txt']);
    await sender.getByRole('button', { name: 'Remove: gone.txt' }).click();
    const { link } = await share(sender, async () => undefined);

    const reader = await openPage(link);
    await reader.click('#reveal-submit');
    expect(await headingOf(reader, 'revealed')).toBe('Here is the secret');
    expect(await reader.locator('#revealed-secret').textContent()).toBe('the note');
    expect(await names(reader, '#revealed-files')).toEqual(['a.bin', 'b.txt', 'A 2.BIN']);
    const downloads: Download[] = [];
    reader.on('download', (download) => downloads.push(download));
    await reader.getByRole('button', { name: 'Download: b.txt' }).click();
    await expect.poll(() => downloads.length).toBe(1);
    await reader.getByRole('button', { name: 'Download all' }).click();
    await expect.poll(() => downloads.length).toBe(4);
    expect(downloads.map((download) => download.suggestedFilename())).toEqual([
      'b.txt',
      'a.bin',
      'b.txt',
      'A 2.BIN',
    ]);
    const [, first] = downloads;
    expect(first !== undefined && (await bytesOf(first)).equals(content('a.bin', 3_000_000))).toBe(true);
    // All of it is kept once the note is, and then the page asks no more.
    await reader.click('#revealed-toggle');
    await reader.locator('#revealed-secret').evaluate((note) => getSelection()?.selectAllChildren(note));
    await reader.keyboard.press('ControlOrMeta+c');
    await expect.poll(() => reader.url()).not.toContain('#');
    expect((await server.session().sh(`zephr get '${link}' -o .`)).code).toBe(6);
  });

  it('go to the command, and come from it', async () => {
    const sender = await openPage();
    await limitsKnown(sender);
    const { link } = await share(sender, () => sender.setInputFiles('#file-input', file('x.bin', 1_500_000)));
    const session = server.session();
    expect((await session.sh(`zephr get '${link}' -o .`)).code).toBe(0);
    expect(readFileSync(join(session.folder, 'x.bin')).equals(content('x.bin', 1_500_000))).toBe(true);
    const made = await session.sh('printf one > one; printf two > two; zephr -a one -a two');
    const reader = await openPage(made.stdout.trim());
    await reader.click('#reveal-submit');
    expect(await names(reader, '#revealed-files')).toEqual(['one', 'two']);
    const [download] = await Promise.all([
      reader.waitForEvent('download'),
      reader.getByRole('button', { name: 'Download: two' }).click(),
    ]);
    expect((await bytesOf(download)).toString()).toBe('two');
  });

  it('are written straight to the disk where the browser can', async () => {
    const sender = await openPage();
    await limitsKnown(sender);
    const { link } = await share(sender, () => sender.setInputFiles('#file-input', file('x.bin', 2_500_000)));
    const { context } = await visitor([server.url]);
    const reader = await context.newPage();
    await reader.addInitScript(() => {
      const written: { name: string; bytes: number; closed: boolean } = { name: '', bytes: 0, closed: false };
      Object.assign(window, {
        written,
        async showSaveFilePicker({ suggestedName }: { suggestedName: string }) {
          written.name = suggestedName;
          return {
            createWritable: async () => ({
              write: async (piece: Uint8Array) => {
                written.bytes += piece.length;
              },
              close: async () => {
                written.closed = true;
              },
              abort: async () => undefined,
            }),
          };
        },
      });
    });
    await reader.goto(link);
    await reader.click('#reveal-submit');
    await reader.getByRole('button', { name: 'Download: x.bin' }).click();
    await expect
      .poll(() => reader.evaluate('window.written'))
      .toEqual({ name: 'x.bin', bytes: 2_500_000, closed: true });
    await expect.poll(() => textOf(reader, '#revealed-files')).toContain('saved');
  });

  it('go on by themselves when the connection was lost, both ways', async () => {
    const sender = await openPage();
    await limitsKnown(sender);
    await sender.setInputFiles('#file-input', file('x.bin', 6_000_000));
    let lost = 0;
    await sender.route('**/api/uploads/*/*', async (route) => {
      lost += 1;
      if (lost > 2 && lost < 6) await route.abort('connectionreset');
      else await route.continue();
    });
    const { link } = await share(sender, async () => undefined);
    expect(lost).toBeGreaterThan(6);

    const reader = await openPage(link);
    await reader.click('#reveal-submit');
    await reader.locator('#revealed').waitFor();
    let asked = 0;
    await reader.route('**/chunks/*', async (route) => {
      asked += 1;
      if (asked === 3) await route.abort('connectionreset');
      else await route.continue();
    });
    const [download] = await Promise.all([
      reader.waitForEvent('download', { timeout: 40_000 }),
      reader.getByRole('button', { name: 'Download: x.bin' }).click(),
    ]);
    expect((await bytesOf(download)).equals(content('x.bin', 6_000_000))).toBe(true);
  });

  it('show how far they are, and can be stopped', async () => {
    const sender = await openPage();
    await limitsKnown(sender);
    await sender.fill('#secret-text', 'kept');
    await sender.setInputFiles('#file-input', file('x.bin', 8_000_000));
    let sent = 0;
    await sender.route('**/api/uploads/*/*', async (route) => {
      sent += 1;
      // The rest hangs.
      if (sent <= 3) await route.continue();
    });
    await sender.click('#create-submit');
    await expect.poll(() => textOf(sender, '#create-progress')).toMatch(/^3\.1 MB of 8 MB sent/);
    await sender.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => sender.locator('#create-progress').isVisible()).toBe(false);
    expect(await sender.locator('#create-submit').getAttribute('aria-disabled')).toBe(null);
    expect(await sender.inputValue('#secret-text')).toBe('kept');
    expect(await names(sender, '#files')).toEqual(['x.bin']);
  });
});
