/** What `npm test` leaves out, `npm run test:system` runs, and nobody runs anything twice. */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

/** The files that a script of package.json would run. */
function filesOf(script: string): string[] {
  const [program, run, ...args] = scripts[script]?.split(' ') ?? [];
  expect([program, run]).toEqual(['vitest', 'run']);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const listed = execFileSync(process.execPath, [vitest, 'list', '--filesOnly', '--json', ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const files = JSON.parse(listed) as { file: string }[];
  return files.map(({ file }) => file.slice(root.length));
}

it('every test file runs in one of npm test and npm run test:system, and in no more', () => {
  const all = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file}`);
  const [quick, system] = [filesOf('test'), filesOf('test:system')];
  expect([...quick, ...system].sort()).toEqual(all.sort());
  expect(quick).toContain('test/split.test.ts');
  expect(system).toContain('test/campaign/campaign.test.ts');
});

it('what decides whether a change lands runs both', () => {
  const lines = readFileSync(join(root, '.ci/run'), 'utf8').split('\n');
  expect(lines).toContain('npm test');
  expect(lines).toContain('npm run test:system');
});
