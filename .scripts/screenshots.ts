/**
 * `npm run screenshots [-- folder [name…]]`: screenshots of every state of the web page, or of those whose names begin
 * with one of the names, light and dark, on a phone and on a desktop. Prints the folder; default a temporary one.
 */

import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newPage, startBrowser, watchedContext } from '../test/support/browser.js';
import { startServers, states } from '../test/web/browser/states.js';

const SCREENS = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 860 } },
} as const;

const [folder = mkdtempSync(join(tmpdir(), 'zephr-screenshots-')), ...names] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const servers = await startServers();
const browser = await startBrowser();
const complaints: string[] = [];
try {
  for (const state of states) {
    if (names.length > 0 && !names.some((name) => state.name.startsWith(name))) continue;
    for (const [screen, options] of Object.entries(SCREENS)) {
      const { context, watch } = await watchedContext(browser, options);
      const page = await newPage(context);
      await state.reach(page, servers);
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
  await servers.close();
}
for (const complaint of complaints) console.error(complaint);
console.log(folder);
