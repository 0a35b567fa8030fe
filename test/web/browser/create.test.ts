/** Links created in the page and read with the real command, and what their sender can do with them afterwards. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { openSession } from '../../support/session.js';
import { sharedServer } from '../../support/shared-server.js';
import { headingOf, share, textOf, useBrowser, visitor } from './visitor.js';

describe.skipIf(!HAS_CHROMIUM)(`the page that creates links (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();

  const openPage = async () => (await visitor([server.url])).open(`${server.url}/`);

  it.each([
    ['one line', 'hunter2'],
    ['Unicode, blanks and line ends', '\ufeff  Grüße \u{1f9d9}\u200d♂️ مرحبا\n\n\ttab 👩‍👩‍👧 \n'],
  ])('shares %s', async (_, secret) => {
    const page = await openPage();
    const { link } = await share(page, () => page.fill('#secret-text', secret));
    expect(link).toMatch(new RegExp(`^${server.url}/secret/[\\w-]{22}#v2\\.[\\w-]{43}$`));
    expect(await headingOf(page, 'created')).toBe('Your link is ready');
    expect(await textOf(page, '#created-expires')).toMatch(
      /^Expires (today|tomorrow) at \d\d:\d\d, in 1 hour\.$/,
    );
    const { bytes, stderr } = await openSession().sh(`zephr get '${link}'`);
    expect(stderr).not.toContain('error');
    expect(bytes.toString()).toBe(secret);
    // The text that was typed does not stay in the page.
    expect(await page.inputValue('#secret-text')).toBe('');
  });

  it('makes version 1 links where the command would, unless an option needs version 2', async () => {
    const { context, open } = await visitor(['https://zephr.io']);
    await context.route('https://zephr.io/**', async (route) => {
      const url = route.request().url().replace('https://zephr.io', server.url);
      await route.fulfill({ response: await route.fetch({ url }) });
    });
    const page = await open('https://zephr.io/');
    const { link } = await share(page, () => page.fill('#secret-text', 'hunter2'));
    expect(link).toMatch(/^https:\/\/zephr\.io\/secret\/[\w-]{22}#v1\./);
    expect(await page.locator('#created-check').isVisible()).toBe(false);
    const local = link.replace('https://zephr.io', server.url);
    expect((await openSession().sh(`zephr get '${local}'`)).stdout).toBe('hunter2');
    await page.click('#created-another');
    await page.click('#leave-yes');
    const second = await share(page, async () => {
      await page.fill('#secret-text', 'hunter2');
      await page.getByText('More options').click();
      await page.fill('#views', '2');
    });
    expect(second.link).toContain('#v2.');
    expect(await page.locator('#created-check').isVisible()).toBe(true);
  });

  it('shares URL and key apart', async () => {
    const page = await openPage();
    const { link, key } = await share(page, async () => {
      await page.fill('#secret-text', 'hunter2');
      await page.click('summary');
      await page.check('#split');
    });
    expect(link).toMatch(/\/secret\/[\w-]{22}$/);
    expect(key).toMatch(/^v2\.[\w-]{43}$/);
    expect(await page.getByRole('img').getAttribute('aria-label')).toBe(
      'QR code of the URL, without the key',
    );
    const { stdout } = await openSession().sh(`zephr get '${link}' --key '${key}'`);
    expect(stdout).toBe('hunter2');
  });

  it('suggests six words as a passphrase, and makes a secret', async () => {
    const page = await openPage();
    await page.getByRole('button', { name: 'Generate a password' }).click();
    expect(await page.inputValue('#secret-text')).toMatch(/^[A-HJ-NP-Za-km-z2-9]{24}$/);
    await page.getByText('More options').click();
    const suggest = async () => {
      await page.getByRole('button', { name: 'Suggest six words (62 bits)' }).click();
      await expect.poll(() => page.inputValue('#passphrase')).toMatch(/^[a-z]{3,6}( [a-z]{3,6}){5}$/);
      return page.inputValue('#passphrase');
    };
    const first = await suggest();
    expect(await page.locator('#passphrase').getAttribute('class')).toBe('');
    await page.fill('#passphrase', '');
    expect(await suggest()).not.toBe(first);
    const { link } = await share(page, async () => undefined);
    expect(link).toContain('#v2p.');
    // The next one is typed into a field that hides it again.
    expect(await page.locator('#passphrase').getAttribute('class')).toBe('masked');
  });

  it('hands the link to the system’s share dialog, where there is one', async () => {
    const { context } = await visitor([server.url]);
    const page = await context.newPage();
    await page.addInitScript(() => {
      navigator.share = async (data) => void Object.assign(window, { shared: data });
    });
    await page.goto(`${server.url}/`);
    const { link } = await share(page, () => page.fill('#secret-text', 'hunter2'));
    await page.getByRole('button', { name: 'Share…' }).click();
    await expect.poll(() => page.evaluate('window.shared')).toEqual({ text: link });
  });

  it('shares with a passphrase, for several readers, with a label and another expiry', async () => {
    const page = await openPage();
    const { link } = await share(page, async () => {
      await page.fill('#secret-text', 'hunter2');
      await page.selectOption('#expiry', { label: '7 days' });
      await page.getByText('More options').click();
      await page.fill('#passphrase', 'correct horse é');
      await page.fill('#views', '2');
      await page.fill('#hint', 'Müller 🔑');
    });
    expect(link).toContain('#v2p.');
    expect(await textOf(page, '#created-intro')).toContain('It works 2 times');
    expect(await textOf(page, '#created-expires')).toContain('in 7 days');
    expect(await textOf(page, '#created')).toContain('also needs the passphrase');
    const session = openSession();
    // Composed in the page, decomposed on the command line: the same passphrase.
    const get = `printf 'correct horse e\\314\\201' > phrase; zephr get '${link}' --passphrase-file phrase --json`;
    expect(JSON.parse((await session.sh(get)).stdout)).toMatchObject({
      plaintext: 'hunter2',
      hint: 'Müller 🔑',
    });
    await page.getByRole('button', { name: 'Check whether it was read' }).click();
    await expect.poll(() => textOf(page, '#created-status')).toContain('Opened by 1 of 2 readers');
    expect((await session.sh(get)).code).toBe(0);
    expect((await session.sh(get)).code).toBe(6);
  });

  it('shares a file of 500 KB under its name', async () => {
    const page = await openPage();
    const content = Buffer.from(Array.from({ length: 500 * 1024 }, (_, index) => (index * index) % 251));
    const { link } = await share(page, async () => {
      await page.setInputFiles('#file-input', {
        name: 'Schlüssel 1.bin',
        mimeType: 'application/octet-stream',
        buffer: content,
      });
      expect(await textOf(page, '#files')).toContain('Schlüssel 1.bin');
    });
    const session = openSession();
    expect((await session.sh(`zephr get '${link}' -o .`)).code).toBe(0);
    expect(readFileSync(join(session.folder, 'Schlüssel 1.bin')).equals(content)).toBe(true);
  });

  it('takes a file that is dropped anywhere on the page, and removes it again', async () => {
    const page = await openPage();
    const transfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(['dropped'], 'notes.txt'));
      return data;
    });
    await page.dispatchEvent('footer', 'dragover', { dataTransfer: transfer });
    expect(await page.locator('.drop-overlay').isVisible()).toBe(true);
    await page.dispatchEvent('footer', 'drop', { dataTransfer: transfer });
    expect(await textOf(page, '#files')).toContain('notes.txt');
    await page.getByRole('button', { name: 'Remove: notes.txt' }).click();
    expect(await page.locator('#files').isVisible()).toBe(false);
    await page.dispatchEvent('footer', 'drop', { dataTransfer: transfer });
    const { link } = await share(page, async () => undefined);
    const session = openSession();
    expect((await session.sh(`zephr get '${link}' -o .`)).code).toBe(0);
    expect(readFileSync(join(session.folder, 'notes.txt'), 'utf8')).toBe('dropped');
  });

  it('copies the link, and says when the browser does not allow it', async () => {
    const { context, open } = await visitor([server.url], {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await open(`${server.url}/`);
    const { link } = await share(page, () => page.fill('#secret-text', 'hunter2'));
    await page.click('#copy-link');
    await expect.poll(() => textOf(page, '#copy-link-result')).toBe('Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
    await context.clearPermissions();
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
      document.execCommand = () => false;
    });
    await page.click('#copy-link');
    await expect.poll(() => textOf(page, '#copy-link-result')).toContain('press Ctrl+C');
    expect(await page.evaluate(() => getSelection()?.toString())).toBe(link);
  });

  it('tells the sender when it was read', async () => {
    const page = await openPage();
    const { link } = await share(page, () => page.fill('#secret-text', 'hunter2'));
    const check = page.getByRole('button', { name: 'Check whether it was read' });
    await check.click();
    await expect.poll(() => textOf(page, '#created-status')).toContain('Nobody has read it yet.');
    expect((await openSession().sh(`zephr get '${link}'`)).stdout).toBe('hunter2');
    await check.click();
    await expect
      .poll(() => textOf(page, '#created-intro'))
      .toMatch(/^It was read (today|yesterday) at \d\d:\d\d\. Checked at \d\d:\d\d:\d\d\.$/);
    expect(await headingOf(page, 'created')).toBe('Already read');
    expect(await page.locator('#created-link').isVisible()).toBe(false);
  });

  it('lets the sender revoke it, and asks first', async () => {
    const page = await openPage();
    const { link } = await share(page, () => page.fill('#secret-text', 'hunter2'));
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    expect((await openSession().sh(`zephr status '${link}'`)).stdout).toContain('waiting');
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Yes, revoke it' }).click();
    await expect.poll(() => textOf(page, '#created-intro')).toContain('It has been revoked.');
    expect(await headingOf(page, 'created')).toBe('Revoked');
    expect((await openSession().sh(`zephr get '${link}'`)).code).toBe(6);
  });

  it('creates one after the other, each from an empty form', async () => {
    const page = await openPage();
    const first = await share(page, async () => {
      await page.fill('#secret-text', 'first');
      await page.selectOption('#expiry', { label: '30 days' });
      await page.click('summary');
      await page.check('#split');
      await page.fill('#passphrase', 'phrase');
    });
    for (const field of ['#secret-text', '#passphrase']) expect(await page.inputValue(field)).toBe('');
    await page.getByRole('button', { name: 'Share another secret' }).click();
    await page.getByRole('button', { name: 'Leave anyway' }).click();
    expect(await page.locator('#expiry option:checked').innerText()).toBe('1 hour');
    expect(await page.isChecked('#split')).toBe(false);
    expect(await page.locator('#created-link').textContent()).toBe('');
    const second = await share(page, () => page.fill('#secret-text', 'second'));
    expect(second.link).not.toContain(first.link);
    expect((await openSession().sh(`zephr get '${second.link}'`)).stdout).toBe('second');
  });
});
