import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../src/core/base64url.js';
import { formatKey, generateKey } from '../../src/core/key.js';
import { formatAddress, formatLink } from '../../src/core/link.js';
import {
  looksLikeLink,
  parseAddress,
  parseKeyFor,
  parseLink,
  parsePair,
  readLink,
} from '../../src/core/links/reader.js';

const id = 'Ab3_-567890123456789_-';
const otherId = 'Bb3_-567890123456789_-';
const body = 'WTj-u3ZI7osMopS7gYpj-4Qxm4i8P5K7Iy1g7loBGPo';
const key = `v2.${body}`;
const otherKey = `v2.A${body.slice(1)}`;
const url = `https://zephr.example/secret/${id}`;
const link = `${url}#${key}`;
const oldLink = `${url}#v1.${body}`;

const anyLink = fc.record({
  server: fc.constantFrom(
    'https://zephr.example',
    'https://zephr.example:8443',
    'https://host/zephr',
    'https://host/a/secret/b',
    'http://localhost:8787',
    'http://127.0.0.1:1',
    'http://[::1]:8787/prefix',
  ),
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(encodeBase64url),
  key: fc
    .constantFrom(
      () => generateKey(1),
      () => generateKey(2),
      () => generateKey(2, true),
    )
    .map((make) => make()),
});

function code(expected: string): unknown {
  return expect.objectContaining({ name: 'ValidationError', code: expected });
}

/** The link in a text, as it is written. */
function read(text: string): string {
  return formatLink(parseLink(text));
}

describe('a link', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(anyLink, (one) => {
        expect(parseLink(formatLink(one))).toEqual(one);
      }),
    );
  });

  it('may have %23 for #, as mail gateways write it', () => {
    fc.assert(
      fc.property(anyLink, (one) => {
        expect(parseLink(formatLink(one).replace('#', '%23'))).toEqual(one);
      }),
    );
  });

  it('has one spelling of its server', () => {
    expect(parseLink(`HTTPS://Zephr.Example:443/x/../prefix/secret/${id}#${key}`).server).toBe(
      'https://zephr.example/prefix',
    );
  });

  it.each([
    ['no key', url, 'MISSING_KEY'],
    ['nothing after its #', `${url}#`, 'MISSING_KEY'],
    ['a key cut short', `${url}#${key.slice(0, -1)}`, 'INVALID_KEY'],
    ['a letter after the key', `${url}#${key}A`, 'INVALID_KEY'],
    ['a query after the key', `${url}#${key}?utm=1`, 'INVALID_KEY'],
    ['a second fragment', `${url}#${key}#${key}`, 'INVALID_KEY'],
    ['a # of both spellings', `${url}%23${key}#${key}`, 'INVALID_LINK'],
    ['a key of a later version', `${url}#v3.${body}`, 'UNKNOWN_KEY_VERSION'],
    ['an id cut short', `${url.slice(0, -1)}#${key}`, 'INVALID_LINK'],
    ['an id too long', `${url}A#${key}`, 'INVALID_LINK'],
    ['a foreign character in its id', `${url.slice(0, -1)}.#${key}`, 'INVALID_LINK'],
    ['an escape in its id', `${url.replace('_', '%5F')}#${key}`, 'INVALID_LINK'],
    ['a query in its id', `${url.slice(0, -1)}?utm=1#${key}`, 'INVALID_LINK'],
    ['%23 in the query', `${url}?utm=1%23${key}`, 'INVALID_LINK'],
    ['%23 in the query and a #', `${url}?utm=%23${otherKey}#${key}`, 'INVALID_LINK'],
    ['%23 after a slash', `${url}/%23${key}`, 'INVALID_LINK'],
    ['%23 before its id', `https://zephr.example/%23/secret/${id}#${key}`, 'INVALID_LINK'],
    ['two slashes after its id', `${url}//#${key}`, 'INVALID_LINK'],
    ['another path', `https://zephr.example/secrets/${id}#${key}`, 'INVALID_LINK'],
    ['no server', `/secret/${id}#${key}`, 'INVALID_LINK'],
    ['plain http to a port', `http://zephr.example:8080/secret/${id}#${key}`, 'INVALID_LINK'],
    ['another scheme', `ftp://zephr.example/secret/${id}#${key}`, 'INVALID_LINK'],
    ['a password', `https://me:pw@zephr.example/secret/${id}#${key}`, 'INVALID_LINK'],
    ['a password and no scheme', `me:pw@zephr.example/secret/${id}#${key}`, 'INVALID_LINK'],
    ['a query before its path', `https://zephr.example/?x=/secret/${id}#${key}`, 'INVALID_LINK'],
    ['words before it', `see ${link}`, 'INVALID_LINK'],
    ['words after it', `${link} and tell me`, 'INVALID_KEY'],
    ['nothing', '', 'INVALID_LINK'],
    ['nothing but marks', ' <(.)> ', 'INVALID_LINK'],
    ['no end', 'https://zephr.example/secret/'.repeat(3_000), 'INVALID_LINK'],
  ])('is not one with %s', (_, text, expected) => {
    expect(() => parseLink(text)).toThrow(code(expected));
  });

  it.each([
    [url, 'the part of the link after # is missing'],
    [link.slice(0, -5), 'the key is damaged: it was cut off, and its end is missing'],
    [`${link}and`, 'the key is damaged: there is something behind it'],
    [link.replace('Tj', '+j'), 'the key is damaged: a character in it was changed on the way'],
    [url.slice(0, -3), 'the link was cut off in its id: the rest of it is missing'],
    [`${url.slice(0, -3)}#${key}`, 'the link is damaged: a piece of its id is missing'],
    [`${url}=#${key}`, 'the link is damaged: its id was changed on the way'],
    [`Look: ${url}`, 'there is other text beside the link: give it alone'],
  ])('that is damaged says how: %s', (text, message) => {
    expect(() => parseLink(text)).toThrow(expect.objectContaining({ message }));
  });

  it('misses no damage: whatever is cut, added or replaced is refused or another link', () => {
    const damage = fc.tuple(
      fc.nat(link.length - 1),
      fc.constantFrom('cut', 'add', 'replace'),
      fc.constantFrom(...'A_-v2./#%'),
    );
    fc.assert(
      fc.property(damage, ([at, how, character]) => {
        const damaged =
          link.slice(0, at) + (how === 'cut' ? '' : character) + link.slice(how === 'add' ? at : at + 1);
        // What URLs mean the same by, such as a second slash, is no damage; nor is a slash before the `#`.
        fc.pre(damaged !== link && at > url.indexOf('/secret/') + '/secret/'.length);
        fc.pre(damaged !== `${url}/#${key}`);
        let result: string | null = null;
        try {
          result = read(damaged);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ValidationError' });
        }
        expect(result).not.toBe(link);
      }),
    );
  });

  it('never has its key in the error about it', () => {
    for (const text of [`${link}x`, `${url}x#${key}`, `ftp://h/secret/${id}#${key}`, `x#${key}`]) {
      expect(() => parseLink(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(key.slice(5, 20)) }),
      );
    }
  });
});

describe('a link that was decorated on the way', () => {
  it.each([
    ['white space around it', ` \t${link}\u00a0\n`],
    ['blank lines before it', `\n\r\n \n${link}\n\n`],
    ['a mark of the byte order', `\ufeff${link}`],
    ['characters of no width', `\u200b${link}\u2060`],
    ['angle brackets', `<${link}>`],
    ['double quotes', `"${link}"`],
    ['single quotes', `'${link}'`],
    ['parentheses', `(${link})`],
    ['angle quotes', `‹${link}›`],
    ['several of them', `("<${link}>").`],
    ['Markdown', `[the secret](${link})`],
    ['Markdown with itself', `[${link}](${link})`],
    ['Markdown with its URL', `[${url}](<${link}>).`],
    ['Markdown with its beginning', `[${link.slice(0, 40)}…](${link})`],
    ['a link of Slack', `<${link}|the secret>`],
    ['a link of Slack with itself', `<${link}|${link}>`],
    ['quotation', `> ${link}`],
    ['quotation of a quotation', `> > ${link}`],
    ['quotation without spaces', `>> ${link}`],
    ['a line break in its server', link.replace('.example', '\n.example')],
    ['a line break in its id', link.replace('5678', '56\r\n78')],
    ['a line break before its #', link.replace('#', '\n#')],
    ['a line break after its #', link.replace('#', '#\n')],
    ['a line break in its key', link.replace('7os', '7o\ns')],
    ['line breaks and quotation', `> ${link.slice(0, 30)}\n> ${link.slice(30, 60)}\n> ${link.slice(60)}\n`],
    ['a soft break of quoted-printable', link.replace('7os', '7o=\r\ns')],
    ['a line break inside brackets', `<${link.replace('7os', '7o\ns')}>`],
    ['a full stop', `${link}.`],
    ['a comma', `${link},`],
    ['several marks', `${link}!)];:>`],
    ['%2E, %2D and %5F', `${url}#${key.replace('.', '%2e').replace(/-/g, '%2D').replace(/_/g, '%5F')}`],
    ['a slash before its #', `${url}/#${key}`],
    ['a query', `${url}?utm=1&x=/secret/#${key}`],
    ['a slash and a query', `${url}/?utm=1#${key}`],
    ['%23 and a query', `${url}%23${key}?utm=1`],
    ['no scheme', link.replace('https://', '')],
    ['plain http to a host', link.replace('https', 'http')],
    ['itself once more', `${link}\n${link}`],
    ['its URL once more', `${url}\n${link}`],
    ['its key on a line of its own', `${url}\n${key}\n`],
  ])('reads the same with %s', (_, text) => {
    expect(read(text)).toBe(link);
  });

  it('of a local server may lack its scheme too', () => {
    expect(parseLink(`localhost:8787/secret/${id}#${key}`).server).toBe('http://localhost:8787');
    expect(parseLink(`127.0.0.1/x/secret/${id}#${key}`).server).toBe('http://127.0.0.1/x');
    expect(parseLink(`[::1]:1/secret/${id}#${key}`).server).toBe('http://[::1]:1');
  });

  it.each([
    ['another link in its text', `[https://other.example/secret/${id}#${key}](${link})`],
    ['another key in its text', `[${url}#${otherKey}](${link})`],
    ['another address in its text', `[https://other.example](${link})`],
    ['another link of Slack', `<${link}|https://other.example/secret/${id}#${key}>`],
    ['another link without a scheme', `[other.example/secret/${id}](${link})`],
    ['another link in the next line', `${link}\n${url.replace(id, otherId)}#${key}`],
    ['another key in the next line', `${link}\n${url}#${otherKey}`],
  ])('is refused with %s', (_, text) => {
    expect(() => parseLink(text)).toThrow(code('AMBIGUOUS_LINK'));
  });

  it.each([
    ['broken in the key', oldLink.replace('7os', '7o\ns')],
    ['broken before the last character', `${oldLink.slice(0, -1)}\n${oldLink.slice(-1)}`],
    ['with a soft break', oldLink.replace('7os', '7o=\ns')],
    ['quoted', `> ${oldLink.slice(0, 70)}\n> ${oldLink.slice(70)}`],
    ['completed by a word', `${oldLink.slice(0, -5)}\nhello`],
    ['in a wrapper', `https://www.google.com/url?q=${encodeURIComponent(oldLink).replace('7os', '7o\ns')}`],
  ])('of version 1 is never put together from lines: %s', (_, text) => {
    expect(() => parseLink(text)).toThrow(code('INVALID_KEY'));
  });

  it.each([
    ['before the key', oldLink.replace('#', '#\n')],
    ['in the id', oldLink.replace('5678', '56\n78')],
    ['between URL and key', `${url}\nv1.${body}`],
  ])('of version 1 may be broken where its key is whole: %s', (_, text) => {
    expect(read(text)).toBe(oldLink);
  });
});

describe('a link in a wrapper', () => {
  const escaped = encodeURIComponent(link);
  const v2Spelling = escaped
    .replace(/-/g, '-2D')
    .replace(/_/g, '-5F')
    .replace(/%/g, '-')
    .replace(/-2F/g, '_');
  const safe = `https://eur05.safelinks.protection.outlook.com/?url=${escaped}&data=05%7C02%7C&reserved=0`;
  const defended = `https://urldefense.com/v3/__${link.replace('#', '*')}__;Iw!!Abc!x$`;

  it.each([
    ['Outlook', safe, 'eur05.safelinks.protection.outlook.com'],
    ['Outlook, broken', safe.replace('%2Fsecret', '\n%2Fsecret'), 'eur05.safelinks.protection.outlook.com'],
    ['Google', `https://www.google.com/url?q=${escaped}&sa=D`, 'www.google.com'],
    ['Google, by another name', `https://www.google.com/url?sa=t&url=${escaped}`, 'www.google.com'],
    ['Google, with the key left behind', `https://www.google.com/url?q=${url}#${key}`, 'www.google.com'],
    [
      'Proofpoint 1',
      `https://urldefense.proofpoint.com/v1/url?u=${escaped}&k=x`,
      'urldefense.proofpoint.com',
    ],
    [
      'Proofpoint 2',
      `https://urldefense.proofpoint.com/v2/url?u=${v2Spelling}&d=x`,
      'urldefense.proofpoint.com',
    ],
    ['Proofpoint 2, by its new name', `https://urldefense.com/v2/url?u=${v2Spelling}&d=x`, 'urldefense.com'],
    ['Proofpoint 3', defended, 'urldefense.com'],
    ['Proofpoint 3, with one slash', defended.replace('__https://', '__https:/'), 'urldefense.com'],
    ['two wrappers', `https://www.google.com/url?q=${encodeURIComponent(safe)}`, 'www.google.com'],
    ['Markdown', `[${link}](${safe})`, 'eur05.safelinks.protection.outlook.com'],
  ])('is read, and its wrapper named: %s', (_, text, wrapper) => {
    expect(parseLink(text)).toEqual({ ...parseLink(link), wrapper });
  });

  it.each([
    ['a host that only ends like one', safe.replace('.outlook.com', '.outlook.com.example')],
    ['a host that ends with one', `https://evilurldefense.com/v2/url?u=${v2Spelling}`],
    ['another host of Google', `https://google.com/url?q=${escaped}`],
    ['another path of Google', `https://www.google.com/search?q=${escaped}`],
    ['another parameter', `https://www.google.com/url?x=${escaped}`],
    ['no link in it', 'https://www.google.com/url?q=https%3A%2F%2Fzephr.example'],
    ['too little in its stars', defended.replace(';Iw!', ';!')],
    ['damaged stars', defended.replace(';Iw!', ';I!')],
    ['damaged escapes', 'https://urldefense.com/v2/url?u=https-ZZ'],
    ['many wrappers', wrap(wrap(wrap(wrap(link))))],
  ])('is not read from %s', (_, text) => {
    expect(() => parseLink(text)).toThrow(code('INVALID_LINK'));
  });

  it('that is itself a link is no wrapper', () => {
    const inside = `${url.replace(id, otherId)}#${otherKey}`;
    const wrapper = `https://www.google.com/url/secret/${id}?q=${inside.replace('#', '%2523')}#${key}`;
    expect(parseLink(wrapper)).toMatchObject({ server: 'https://www.google.com/url', id });
  });

  function wrap(text: string): string {
    return `https://www.google.com/url?q=${encodeURIComponent(text)}`;
  }
});

describe('a link of another kind', () => {
  it.each([
    [`https://zephr.example/request/${id}#r1.${body}`, 'answers a request'],
    [`https://zephr.example/request/${id}#c1.${body}`, 'collects the answers'],
    [`https://zephr.example/request/${id}`, 'the link of a request'],
    [`https://zephr.example/request/${id}#${key}`, 'the link of a request'],
    [`${url}#s1.${body}`, 'the receipt of a secret'],
    [`<${url}#s1.${body}>.`, 'the receipt of a secret'],
  ])('is told by its name: %s', (text, words) => {
    const expected = expect.objectContaining({
      code: 'LINK_OF_ANOTHER_KIND',
      message: expect.stringContaining(words),
    });
    expect(() => parseLink(text)).toThrow(expected);
    expect(() => readLink(text)).toThrow(expected);
  });

  it('is told by its key alone', () => {
    expect(() => parseKeyFor({ id }, `s1.${body}`)).toThrow(code('LINK_OF_ANOTHER_KIND'));
  });
});

describe('the URL half of a split pair', () => {
  it('reads as it was written, decorated or not', () => {
    expect(parseAddress(url)).toEqual({ server: 'https://zephr.example', id });
    expect(formatAddress(parseAddress(`<${url}?utm=1>`))).toBe(url);
    expect(readLink(url)).toEqual({ server: 'https://zephr.example', id, key: null });
  });

  it.each(['#', '%23', '\n'])('has no key, not even after %j', (hash) => {
    expect(() => parseAddress(`${url}${hash}${key}`)).toThrow(code('INVALID_LINK'));
  });
});

describe('the key half', () => {
  it.each([
    key,
    ` ${key}\n`,
    `"${key}".`,
    `> ${key}`,
    key.replace('7os', '7o\ns'),
    key.replace('.', '%2E'),
    link,
    `<${link}>`,
    link.replace('zephr.example', 'alias.example'),
  ])('may come as %j', (text) => {
    expect(formatKey(parseKeyFor({ id }, text))).toBe(key);
    expect(formatLink(parsePair(url, text))).toBe(link);
    expect(formatLink(parsePair(link, text))).toBe(link);
  });

  it.each([
    ['of another link', `${url.replace(id, otherId)}#${key}`, 'AMBIGUOUS_LINK'],
    ['of a link without one', url, 'MISSING_KEY'],
    ['cut short', key.slice(0, -1), 'INVALID_KEY'],
    ['broken, of version 1', `v1.${body}`.replace('7os', '7o\ns'), 'INVALID_KEY'],
    ['with a word behind it', `${key} thanks`, 'INVALID_KEY'],
    ['twice', `${key}\n${key}`, 'INVALID_KEY'],
    ['of a later version', `v9.${body}`, 'UNKNOWN_KEY_VERSION'],
    ['missing', '  ', 'INVALID_KEY'],
  ])('is refused %s', (_, text, expected) => {
    expect(() => parseKeyFor({ id }, text)).toThrow(code(expected));
    expect(() => parsePair(url, text)).toThrow(code(expected));
  });

  it('contradicts no key that came with the URL', () => {
    expect(() => parsePair(link, otherKey)).toThrow(code('AMBIGUOUS_LINK'));
  });
});

describe('what people paste', () => {
  it.each([
    [link, true],
    [url, true],
    [`${url.slice(0, -4)}#v2.dam`, true],
    [`<${url}>`, true],
    [key, false],
    [`"${key}".`, false],
    ['hunter2', false],
    ['', false],
  ])('is meant as a link or not: %s', (text, isLink) => {
    expect(looksLikeLink(text)).toBe(isLink);
  });
});
