/** `zephr serve --brand`: checked at the start, and told to the page as data. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

describe('zephr serve --brand', () => {
  it('tells the page whose server it is, and leaves the documents as they are', async () => {
    const { folder } = openSession();
    const file = join(folder, 'brand.json');
    writeFileSync(file, '{"name":"Example Ltd","url":"https://example.com","colour":"#1a4fa0"}');
    const plain = await startServerProcess({});
    const branded = await startServerProcess({ args: ['--brand', file] });
    onTestFinished(async () => {
      await plain.stop();
      await branded.stop();
    });
    const text = async (url: string) => (await fetch(url)).text();
    expect(JSON.parse(await text(`${branded.url}/brand.json`))).toEqual({
      name: 'Example Ltd',
      url: 'https://example.com/',
      colour: '#1a4fa0',
    });
    expect(await text(`${plain.url}/brand.json`)).toBe('{}');
    expect(await text(`${branded.url}/`)).toBe(await text(`${plain.url}/`));
  });

  it.each([
    ['{"name":"A","colour":"#ffee00"}', 'text needs 4.5: #'],
    ['{"name":"A",', 'it is no JSON in UTF-8'],
    ['{"nom":"A"}', 'knows only name, url, colour, imprint'],
  ])('does not start with %s', async (content, reason) => {
    const { folder, sh } = openSession();
    writeFileSync(join(folder, 'brand.json'), content);
    const { code, stdout, stderr } = await sh('zephr serve --port 0 --store memory: --brand brand.json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('zephr: error: brand.json is no brand:');
    expect(stderr).toContain(reason);
    expect(stderr).toContain('zephr: hint: write it as {"name"');
  });

  it('does not start where the file is not there', async () => {
    const { code, stderr } = await openSession().sh('zephr serve --port 0 --store memory: --brand none.json');
    expect(code).toBe(2);
    expect(stderr).toContain('the brand none.json cannot be read: there is no such file');
  });
});
