/**
 * `npm run screenshots [-- folder] [name…]`: every state of the web page, or those whose names begin so, light and
 * dark, on a phone and on a desk, for people to look at.
 */

import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newPage, startBrowser, watchedContext } from '../test/support/browser.js';
import { openStage, states } from '../test/web/states.js';

const SCREENS = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desk: { viewport: { width: 1280, height: 860 } },
} as const;

const [folder = mkdtempSync(join(tmpdir(), 'zephr-screenshots-')), ...names] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const stage = await openStage();
const browser = await startBrowser();
const complaints: string[] = [];
try {
  for (const state of states) {
    if (names.length > 0 && !names.some((name) => state.name.startsWith(name))) continue;
    for (const [screen, options] of Object.entries(SCREENS)) {
      const { context, watch } = await watchedContext(browser, options);
      const page = await newPage(context);
      await state.arrive(page, stage);
      await page.emulateMedia({ reducedMotion: 'reduce' });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({
          path: join(folder, `${state.name}-${screen}-${colorScheme}.png`),
          fullPage: true,
        });
      }
      complaints.push(...watch.complaints.map((text) => `${state.name}: ${text}`));
      await context.close();
    }
  }
} finally {
  await browser.close();
  await stage.close();
}
for (const complaint of complaints) console.error(complaint);
console.log(folder);
