/** For everybody: axe on every state, the keyboard alone, large text, right to left. */

import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../support/browser.js';
import { openStage, type Stage, states } from './states.js';
import { headingOf, textOf, useBrowser, visitor } from './visitor.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Violations that axe finds, in short. Scripts of a debugger are not subject to the page's policy. */
async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: AXE });
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** Elements that reach out of the window sideways. */
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
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => {
    await stage.close();
  });
  const visit = (options = {}) => visitor([stage.url, stage.closedUrl, stage.limitedUrl], options);

  it.each(states.map((state) => [state.name, state] as const))(
    'gives axe nothing to say, and fits at 200 %% zoom and right to left: %s',
    async (_, state) => {
      const { context } = await visit({ bypassCSP: true, reducedMotion: 'reduce' });
      const page = await context.newPage();
      await state.arrive(page, stage);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page), colorScheme).toEqual([]);
      }
      // 640 pixels at 200 % are 320: what WCAG 1.4.10 asks for.
      await page.setViewportSize({ width: 320, height: 480 });
      for (const direction of ['ltr', 'rtl'] as const) {
        await page.evaluate((dir) => {
          document.documentElement.dir = dir;
        }, direction);
        expect(await cutOff(page), direction).toEqual([]);
      }
    },
  );

  it('is used by the keyboard alone, from the form to the secret', async () => {
    const { context, open } = await visit();
    const page = await open(`${stage.url}/`);
    const focused = () => page.evaluate(() => document.activeElement?.id ?? '');
    const tabTo = async (id: string) => {
      for (let presses = 0; (await focused()) !== id; presses++) {
        if (presses > 20) throw new Error(`Tab does not lead to ${id}`);
        await page.keyboard.press('Tab');
      }
    };
    await tabTo('secret-text');
    await page.keyboard.type('hunter2');
    await tabTo('split');
    await page.keyboard.press('Space');
    await tabTo('write-submit');
    await page.keyboard.press('Enter');
    expect(await headingOf(page, 'created')).toBe('Your URL and key are ready');
    // Whoever cannot see it is told, and goes on from there.
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
    expect(await reader.evaluate(() => document.activeElement?.id)).toBe('key');
    await reader.keyboard.type(key);
    await reader.keyboard.press('Enter');
    expect(await headingOf(reader, 'revealed')).toBe('Here is the secret');
    expect(await reader.evaluate(() => document.activeElement?.textContent)).toBe('Here is the secret');
  });

  it('shows where the focus is', async () => {
    const { open } = await visit();
    const page = await open(`${stage.url}/`);
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

  it('has targets that a thumb hits', async () => {
    const { open } = await visit({ viewport: { width: 390, height: 844 } });
    const page = await open(`${stage.url}/`);
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
