/** The tables from errors to exit codes and advice: typed, true to what is thrown, and unmoved by codes of other servers. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AdvisedError, CliError } from '../../src/cli/exit/cli-error.js';
import { EXIT } from '../../src/cli/exit/codes.js';
import { endingOf } from '../../src/cli/exit/ending.js';
import { ApiError, NetworkError, ValidationError, ZephrError } from '../../src/core/errors.js';

const src = new URL('../../src/', import.meta.url);

/** The code of every room but the tables themselves and the page, which has a table of its own. */
const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('cli/exit/') && !file.startsWith('web/'))
  .map((file) => readFileSync(new URL(file, src), 'utf8'))
  .join('');

/** The codes that a file of cli/exit names as keys of a table, or as members of a union. */
function codesIn(file: string): string[] {
  const text = readFileSync(new URL(`cli/exit/${file}`, src), 'utf8');
  return [...text.matchAll(/^ {2}(?:\| ')?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)(?:'|: )/gm)].map(
    ([, name = '']) => name,
  );
}

describe('the codes in the tables', () => {
  it.each(['error-codes.ts', 'advice.ts', 'ending.ts'])(
    'of %s are those of errors that there are',
    (file) => {
      const codes = codesIn(file);
      expect(codes.length).toBeGreaterThan(15);
      // Two are put together where they are thrown, and three are made in this folder.
      const others = ['BINARY_TO_CLIPBOARD', 'BINARY_TO_TERMINAL', 'INTERRUPTED', 'NOT_PERMITTED', 'USAGE'];
      expect(codes.filter((name) => !code.includes(`'${name}'`) && !others.includes(name))).toEqual([]);
    },
  );
});

it('tells what to do: advice is more than the name of an option', () => {
  const codes = codesIn('advice.ts');
  expect(codes.length).toBeGreaterThan(40);
  const advice = codes.map((code) => endingOf(new ZephrError('something is wrong', code)).advice ?? '');
  expect(advice.filter((text) => text === '' || /^see -/.test(text))).toEqual([]);
});

describe('an ending', () => {
  it.each([
    [400, EXIT.usage],
    [401, EXIT.keyRefused],
    [403, EXIT.notAllowed],
    [404, EXIT.notFound],
    [409, EXIT.usage],
    [410, EXIT.gone],
    [413, EXIT.notAllowed],
    [429, EXIT.limited],
    [500, EXIT.unreachable],
    [503, EXIT.unreachable],
    [507, EXIT.unreachable],
  ])('goes by the status %i of a code that only another server has', (status, exit) => {
    for (const name of ['SOMETHING_ELSE', 'constructor', '__proto__', 'SECRET_TOO_LARGE', 'PORT_TAKEN']) {
      expect(endingOf(new ApiError('no', status, name)).exit).toBe(exit);
    }
    expect(endingOf(new ApiError('no', status, 'constructor')).advice).toBeUndefined();
  });

  it('goes by the code where the status does not say enough', () => {
    for (const name of ['WRONG_KEY', 'PROOF_REQUIRED'] as const)
      expect(endingOf(new ApiError('no', 403, name)).exit).toBe(EXIT.decryptionFailed);
    expect(endingOf(new ValidationError('no', 'SECRET_TOO_LARGE')).exit).toBe(EXIT.notAllowed);
    expect(endingOf(new ZephrError('no', 'PORT_TAKEN')).exit).toBe(EXIT.unreachable);
    expect(endingOf(new ZephrError('no', 'STORE_TOO_NEW')).exit).toBe(EXIT.usage);
    expect(endingOf(new ZephrError('no', 'X')).exit).toBe(EXIT.bug);
    expect(endingOf(new NetworkError('no', 'host', 'STORE_TOO_NEW')).exit).toBe(EXIT.unreachable);
  });

  it('tells who finds a server full something else than who starts one on a full disk', () => {
    const refused = endingOf(new ApiError('the server has no room for another secret', 507, 'STORE_FULL'));
    expect(refused).toMatchObject({ exit: EXIT.unreachable, code: 'STORE_FULL' });
    expect(refused.advice).toContain('try again later');
    const failed = endingOf(new ZephrError('the store has no room', 'STORE_FULL'));
    expect(failed.exit).toBe(EXIT.unreachable);
    expect(failed.advice).toContain('free some space');
  });

  it('keeps everything but the advice of an error that gets better advice', () => {
    const gone = new ApiError('gone', 410, 'SECRET_EXPIRED');
    const local = new CliError(EXIT.notAllowed, 'OUTPUT_EXISTS', 'it exists', { advice: 'use --force' });
    for (const error of [gone, local])
      expect(endingOf(new AdvisedError(error, 'better'))).toEqual({ ...endingOf(error), advice: 'better' });
  });
});
