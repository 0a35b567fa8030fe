/** Text that others wrote reaches the terminal only as visible characters: all others are escaped. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endingOf } from '../../src/cli/exit/ending.js';
import { main } from '../../src/cli/main.js';
import { escapeText, jsonLine } from '../../src/cli/terminal/escape.js';
import { createReporter, report } from '../../src/cli/terminal/reporter.js';
import { parseErrorReply } from '../../src/core/protocol/replies.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { httpHost } from '../support/hosts.js';

/** Controls, format marks, surrogates, private and unassigned characters, separators. A line end is expected. */
const UNSEEN = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u;

/** Text that tries: every kind of character, and the beginnings of escape sequences. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\x1b[31m', '\x1b]0;title\x07', '\x9b2J', '\r', '\n', '\u202e', '\u200b', '\u2028'),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom('\ud800', '\udfff', '\u{e0041}', '\u3164', '\u00ad', '\ue000'),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('text from elsewhere', () => {
  it('is one line of what can be seen', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = escapeText(text);
        expect(shown).not.toMatch(UNSEEN);
        expect(shown).not.toContain('\n');
      }),
    );
  });

  it('stays as it is when it can be seen', () => {
    for (const text of ['a b', 'pässword', '日本語', '👍🏽', 'naïve e\u0301', '❤️', '«a»'])
      expect(escapeText(text)).toBe(text);
  });

  it('is the same JSON afterwards', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = jsonLine({ text });
        expect(line.slice(0, -1)).not.toMatch(UNSEEN);
        expect(JSON.parse(line)).toEqual({ text });
      }),
    );
  });

  it.each([{ json: false }, { json: true }])('is safe as an error of a server, with %o', async (options) => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (code, message) => {
        const terminal = fakeTerminal();
        await report(
          terminal,
          endingOf(parseErrorReply(400, { error: { code, message } }, undefined)),
          options,
        );
        expect(terminal.written('stderr').toString()).not.toMatch(UNSEEN);
      }),
    );
  });

  it('is safe as a hint, a name or a message, with colors or without', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (label, text) => {
        const terminal = fakeTerminal();
        const reporter = createReporter(terminal, { quiet: false });
        await reporter.field('Message', text);
        await reporter.warn(label, text);
        await reporter.info(text);
        expect(terminal.written('stderr').toString()).not.toMatch(UNSEEN);
        const colored = fakeTerminal({ env: { FORCE_COLOR: '1' } });
        await createReporter(colored, { quiet: false }).field('Message', text);
        const without = colored.written('stderr').toString().replace('\x1b[1mMessage:\x1b[22m', 'Message:');
        expect(without).not.toMatch(UNSEEN);
      }),
    );
  });

  it.each([
    ['one\ntwo', 'Message: one\n         two\n'],
    ['one\r\n\r\ntwo\n', 'Message: one\n         \n         two\n'],
    ['one\u2028two\rthree', 'Message: one\n         two\n         three\n'],
    ['one\nzephr: hint: run this', 'Message: one\n         zephr: hint: run this\n'],
    ['a\x1b[2Jb\n\x07', 'Message: a\\u{1b}[2Jb\n         \\u{7}\n'],
    ['', 'Message: \n'],
  ])('prints the lines of the message %j below each other', async (text, shown) => {
    const terminal = fakeTerminal();
    await createReporter(terminal, { quiet: false }).field('Message', text);
    expect(terminal.written('stderr').toString()).toBe(shown);
  });

  it('is safe whatever bytes a server sends', async () => {
    let answer = { status: 500, type: '', body: new Uint8Array() };
    const url = await httpHost((request, response) => {
      request.resume();
      response.writeHead(answer.status, { 'Content-Type': answer.type }).end(answer.body);
    });
    const link = `${url}/secret/${'A'.repeat(22)}#v1.${'A'.repeat(43)}`;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      hostile.map((text) => Buffer.from(JSON.stringify({ error: { code: text, message: text } }))),
      hostile.map((text) =>
        Buffer.from(JSON.stringify({ encrypted_blob: 'AAAA', hint: text, purge_at: text })),
      ),
      hostile.map((text) => Buffer.from(text)),
    );
    const status = fc.constantFrom(200, 301, 400, 403, 404, 410, 429);
    const type = fc.constantFrom('application/json', 'text/html', '');
    await fc.assert(
      fc.asyncProperty(status, type, bytes, async (code, contentType, body) => {
        answer = { status: code, type: contentType, body: Uint8Array.from(body) };
        const terminal = fakeTerminal({ stdin: link });
        expect(await main(['get', '--timeout', '5'], terminal)).not.toBe(0);
        const said = terminal.written('stderr').toString();
        expect(said).toMatch(/^zephr: error: ./);
        expect(said).not.toMatch(UNSEEN);
        expect(said).not.toContain('AAAAA');
      }),
      { numRuns: 60 },
    );
  });
});
