/** What reaches a terminal or a log: whatever others wrote, no control character, and no mark that reorders text. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CliError } from '../../src/cli/exit/cli-error.js';
import { EXIT } from '../../src/cli/exit/codes.js';
import { endingOf } from '../../src/cli/exit/ending.js';
import { escapeText, jsonLine } from '../../src/cli/terminal/escape.js';
import { createReporter, report } from '../../src/cli/terminal/reporter.js';
import { ApiError, NetworkError } from '../../src/core/errors.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { type Family, property } from './family.js';
import { mutated, oddLine } from './odd.js';

const line = fc.oneof(oddLine, mutated(fc.constantFrom('db prod', 'pässwörd 日本', '👍🏽 naïve', 'a\u0301')));

/**
 * That a terminal would only show `text`, read as bytes too: nothing below a space, no DEL, no C1 control, no mark of
 * Unicode Standard Annex 9, and no half of a character. Line ends are ours.
 */
export function checkShown(text: string): void {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const shown = `U+${code.toString(16)} in ${JSON.stringify(text.slice(0, 200))}`;
    assert(code >= 0x20 || character === '\n', shown);
    assert(code < 0x7f || code > 0x9f, shown);
    assert(code < 0xd800 || code > 0xdfff, shown);
    assert(![0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff].includes(code), shown);
    assert((code < 0x202a || code > 0x202e) && (code < 0x2066 || code > 0x2069), shown);
    // For private use, and no characters at all.
    assert(
      (code < 0xe000 || code > 0xf8ff) && (code < 0xfdd0 || code > 0xfdef) && code % 0x10000 < 0xfffe,
      shown,
    );
    assert(code < 0xe0000 || code > 0xe007f, shown);
  }
}

/** Undoes the escapes of `escapeText`, which leaves a backslash alone. */
function unescaped(shown: string): string {
  return shown.replace(/\\u\{([0-9a-f]+)\}/g, (_, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

const lines = property(
  'foreign text is shown on one line, and nothing of it is lost',
  line,
  (text) => {
    const shown = escapeText(text);
    checkShown(shown);
    assert(!shown.includes('\n'));
    assert.equal(unescaped(shown), unescaped(text));
    assert.equal(escapeText(shown), shown);
    return shown === text ? 'left' : 'escaped';
  },
  { weight: 200, outcomes: ['left', 'escaped'] },
);

const json = property(
  'JSON for programs can be shown too, and means the same',
  fc.oneof(
    line,
    fc.record({ plaintext: line, name: line, hint: fc.option(line) }, { noNullPrototype: true }),
    fc.array(line),
  ),
  (value) => {
    const text = jsonLine(value);
    checkShown(text);
    assert.equal(text.indexOf('\n'), text.length - 1);
    assert.deepEqual(JSON.parse(text), value);
    return 'written';
  },
);

const talk = property(
  'hints, names, messages, warnings and errors are lines of ours around theirs',
  fc.record({ label: line, text: line, json: fc.boolean() }),
  async ({ label, text, json }) => {
    const terminal = fakeTerminal();
    const voice = createReporter(terminal, { quiet: false });
    await voice.field('Message', text);
    await voice.info(text);
    await voice.warn(label, text);
    const spoken = terminal.written('stderr').toString();
    checkShown(spoken);
    // Further lines of a message are indented, and so cannot pass for a line of ours.
    const said = spoken
      .split('\n')
      .filter((one, index, all) => !one.startsWith(' '.repeat(9)) || index > all.length - 5);
    assert.deepEqual(
      said.map((one) => one.split(':')[0]?.slice(0, 6)),
      ['Messag', escapeText(text).split(':')[0]?.slice(0, 6), 'zephr', 'zephr', ''],
    );

    const failing = fakeTerminal();
    const errors = [
      new ApiError(text, 400, 'X'),
      new NetworkError(text, label),
      new CliError(EXIT.usage, 'USAGE', text, { advice: label }),
    ];
    const error = errors[label.length % errors.length];
    await report(failing, endingOf(error), { json });
    const reported = failing.written('stderr').toString();
    checkShown(reported);
    assert.equal(reported.split('\n').length, error instanceof CliError && !json ? 3 : 2);
    return json ? 'JSON' : 'lines';
  },
  { weight: 30, outcomes: ['JSON', 'lines'] },
);

export const TERMINAL: Family = { name: 'terminal', properties: [lines, json, talk] };
