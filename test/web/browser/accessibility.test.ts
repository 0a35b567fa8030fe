/** Accessibility: axe on every state, the keyboard alone, large text, right to left. */

import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retrieveSecret } from '../../../src/index.js';
import { TRANSLATIONS } from '../../../src/web/strings/languages.js';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { type Servers, startServers, states } from './states.js';
import { headingOf, textOf, useBrowser, visitor } from './visitor.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds, in one line a rule. The page's policy does not apply to a script that a debugger adds. */
async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: AXE });
  const { violations: found } = await page.evaluate<AxeResults>('axe.run()');
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** Elements that are wider than the window or stick out of it sideways. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('main *, header *, footer *')]
      .filter((element) => element.checkVisibility() && !element.closest('svg'))
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        return left < -0.5 || right > width + 0.5;
      })
      .map((element) => `${element.tagName} ${element.id}`);
  });
}

describe.skipIf(!HAS_CHROMIUM)(`the page (needs ${CHROMIUM})`, () => {
  useBrowser();
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(async () => {
    await servers.close();
  });
  const visit = (options = {}) =>
    visitor([servers.url, servers.closedUrl, servers.limitedUrl, servers.brandedUrl], options);

  it.each(states.map((state) => [state.name, state] as const))(
    'has no violation for axe, and fits at twice the size and right to left: %s',
    async (_, state) => {
      const { context } = await visit({ bypassCSP: true, reducedMotion: 'reduce' });
      const page = await context.newPage();
      await state.reach(page, servers);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page), colorScheme).toEqual([]);
      }
      // 640 pixels at 200 % zoom are 320, the width that WCAG 1.4.10 asks for.
      await page.setViewportSize({ width: 320, height: 480 });
      for (const direction of ['ltr', 'rtl'] as const) {
        await page.evaluate((dir) => {
          document.documentElement.dir = dir;
        }, direction);
        expect(await cutOff(page), direction).toEqual([]);
      }
    },
  );

  it.each(TRANSLATIONS.map(({ tag }) => tag))('fits at twice the size in every language: %s', async (tag) => {
    const { context } = await visit({ viewport: { width: 320, height: 480 } });
    await context.addInitScript((language) => {
      // A page that is not from a server has none.
      if (location.protocol === 'http:') localStorage.setItem('zephr language', language);
    }, tag);
    const names = ['create-generated', 'created-split', 'asked', 'receipt', 'reveal-code', 'revealed-files'];
    for (const name of names) {
      const page = await context.newPage();
      await states.find((state) => state.name === name)?.reach(page, servers);
      expect(await page.locator('html').getAttribute('lang')).toBe(tag);
      expect(await cutOff(page), name).toEqual([]);
      await page.close();
    }
  });

  it('can be used with the keyboard alone, from the form to the secret', async () => {
    const { context, open } = await visit();
    const page = await open(`${servers.url}/`);
    const focused = () => page.evaluate(() => document.activeElement?.id ?? '');
    const tabTo = async (id: string) => {
      for (let presses = 0; (await focused()) !== id; presses++) {
        if (presses > 20) throw new Error(`Tab does not lead to ${id}`);
        await page.keyboard.press('Tab');
      }
    };
    await tabTo('secret-text');
    await page.keyboard.type('hunter2');
    await tabTo('expiry');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await tabTo('split');
    await page.keyboard.press('Space');
    await tabTo('create-submit');
    await page.keyboard.press('Enter');
    expect(await headingOf(page, 'created')).toBe('Your URL and key are ready');
    // Screen readers read the heading out, and Tab goes on from there.
    expect(await focused()).toBe('created-heading');
    await tabTo('created-check');
    await page.keyboard.press('Enter');
    await expect.poll(() => textOf(page, '#created-status')).toContain('Nobody has read it yet.');
    const url = await textOf(page, '#created-link');
    const key = await textOf(page, '#created-key');

    const reader = await context.newPage();
    await reader.goto(url);
    await reader.keyboard.press('Tab');
    await reader.keyboard.press('Tab');
    await reader.keyboard.press('Tab');
    expect(await reader.evaluate(() => document.activeElement?.id)).toBe('link');
    await reader.keyboard.type(key);
    await reader.keyboard.press('Enter');
    expect(await headingOf(reader, 'revealed')).toBe('Here is the secret');
    expect(await reader.evaluate(() => document.activeElement?.textContent)).toBe('Here is the secret');
  });

  it('shows where the focus is', async () => {
    const { open } = await visit();
    const page = await open(`${servers.url}/`);
    await page.click('summary');
    await page.keyboard.press('Shift+Tab');
    const seen = new Set<string>();
    for (let presses = 0; presses < 12; presses++) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate(() => {
        const element = document.activeElement ?? document.body;
        return `${element.id} ${getComputedStyle(element).outlineStyle} ${getComputedStyle(element).outlineWidth}`;
      });
      if (!outline.startsWith(' ')) seen.add(outline);
    }
    expect(seen.size).toBeGreaterThan(4);
    for (const outline of seen) expect(outline).toMatch(/ solid 3px$/);
  });

  it('has in a passphrase that is hidden nothing to read out, however it was edited', async () => {
    const { context, open } = await visit();
    const page = await open(`${servers.url}/`);
    await page.fill('#secret-text', 'hunter2');
    await page.click('summary');
    await page.locator('#passphrase').pressSequentially('korrect horse');
    await page.keyboard.press('Home');
    await page.keyboard.press('Delete');
    await page.keyboard.type('c');
    for (let count = 0; count < 6; count++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.insertText('-🔑-');
    await page.keyboard.press('End');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('e!');
    expect(await page.inputValue('#passphrase')).toMatch(/^\u2022{17}$/);
    const debuggee = await context.newCDPSession(page);
    const tree = JSON.stringify(await debuggee.send('Accessibility.getFullAXTree'));
    expect(tree).toContain('\u2022\u2022\u2022');
    expect(tree).not.toMatch(/correct|horse/);
    await page.getByRole('button', { name: 'Show the passphrase' }).click();
    expect(await page.inputValue('#passphrase')).toBe('correct-🔑-horse!');
    await page.getByRole('button', { name: 'Hide the passphrase' }).click();
    await page.click('#create-submit');
    await page.locator('#created').waitFor();
    const link = (await page.locator('#created-link').textContent()) ?? '';
    const passphrase = 'correct-🔑-horse!';
    expect((await retrieveSecret(link, { passphrase })).plaintext).toBe('hunter2');
  });

  it('has targets that are large enough for a thumb', async () => {
    const { open } = await visit({ viewport: { width: 390, height: 844 } });
    const page = await open(`${servers.url}/`);
    await page.click('summary');
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select, textarea, summary, a')]
        .filter((element) => element.checkVisibility())
        .filter((element) => {
          const { width, height } = element.getBoundingClientRect();
          return width < 24 || height < 24;
        })
        .map((element) => element.outerHTML.slice(0, 80)),
    );
    expect(small.filter((html) => !html.includes('class="skip"'))).toEqual([]);
  });
});
