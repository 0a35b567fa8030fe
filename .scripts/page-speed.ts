/**
 * `npm run page-speed`: what a first visit of the web page costs: bytes on the wire, and milliseconds until it can be
 * used. In headless Chromium over loopback, the median of many visits, each with an empty cache.
 */

import { newPage, startBrowser, watchedContext } from '../test/support/browser.js';
import { startServerProcess } from '../test/support/server.js';

const VISITS = 21;

/** What one visit cost; times in milliseconds since the navigation began. */
interface Visit {
  readonly interactive: number;
  readonly painted: number;
  /** Bytes by path, of the encoded bodies. */
  readonly bytes: ReadonlyMap<string, number>;
}

const server = await startServerProcess();
const browser = await startBrowser();

async function visit(path: string): Promise<Visit> {
  const { context } = await watchedContext(browser);
  const page = await newPage(context);
  await page.goto(`${server.url}${path}`);
  await page.waitForLoadState('networkidle');
  const measured = await page.evaluate(() => ({
    interactive: performance.getEntriesByName('zephr ready')[0]?.startTime ?? Number.NaN,
    painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    bytes: performance
      .getEntries()
      .filter((entry) => entry instanceof PerformanceResourceTiming)
      .map((entry): [string, number] => [new URL(entry.name).pathname, entry.encodedBodySize]),
  }));
  await context.close();
  return { ...measured, bytes: new Map(measured.bytes) };
}

function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN)} ms`;
}

try {
  for (const path of ['/', `/secret/${'A'.repeat(22)}`]) {
    const visits: Visit[] = [];
    for (let count = 0; count < VISITS; count++) visits.push(await visit(path));
    const bytes = visits[0]?.bytes ?? new Map<string, number>();
    console.log(`${path}`);
    for (const [file, size] of bytes) console.log(`  ${String(size).padStart(7)} bytes  ${file}`);
    const total = [...bytes.values()].reduce((sum, size) => sum + size, 0);
    console.log(`  ${String(total).padStart(7)} bytes in all`);
    console.log(`  painted after ${median(visits.map((one) => one.painted))}`);
    console.log(`  interactive after ${median(visits.map((one) => one.interactive))}`);
  }
} finally {
  await browser.close();
  await server.stop();
}
