/** Gates as a create or an option names them: whatever comes, a server keeps gates that it can judge, or refuses them. */

import assert from 'node:assert/strict';
import { BlockList, isIP, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { ValidationError } from '../../src/core/errors.js';
import {
  GATES,
  isAddressOrNetwork,
  isMailAddress,
  isPhoneNumber,
  parseGates,
} from '../../src/core/protocol/gates.js';
import { isInList } from '../../src/net/address-lists.js';
import { type Family, property, resultOf } from './family.js';
import { mutatedObject, oddLine, oddValue } from './odd.js';

const network = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 40 })).map(([address, bits]) => `${address}/${bits}`),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 140 })).map(([address, bits]) => `${address}/${bits}`),
  fc.ipV4().map((address) => `::ffff:${address}/${address.length + 90}`),
  fc.constantFrom(
    '::08',
    '::10',
    '::1234/120',
    '01.2.3.4',
    '1.2.3',
    '::1%lo',
    '1.2.3.4/032',
    '[::1]',
    '1.2.3.4 ',
    '0/0',
    '::/0',
    '',
  ),
);
const country = fc.oneof(fc.constantFrom('FR', 'DE', 'XK'), fc.stringMatching(/^[A-Za-z]{1,3}$/));
const target = fc.oneof(
  fc.emailAddress().map((email) => ({ email })),
  fc.stringMatching(/^\+?[0-9]{5,17}$/).map((phone) => ({ phone })),
  oddLine.map((email) => ({ email })),
  fc.constant({ email: 'a@example.org', phone: '+4930999999' }),
);
const gates = fc.record(
  {
    addresses: fc.array(network, { maxLength: 52 }),
    countries: fc.array(country, { maxLength: 52 }),
    not_before: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      oddLine,
    ),
    captcha: fc.oneof(fc.constant(true), oddValue),
    code: fc.oneof(target, oddValue),
  },
  { requiredKeys: [] },
);

const good = fc.record(
  {
    addresses: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 50 }),
    countries: fc.array(fc.constantFrom('FR', 'DE', 'XK'), { minLength: 1, maxLength: 50 }),
    not_before: fc.constant('2030-01-31T09:00:00+02:00'),
    captcha: fc.constant(true),
    code: fc.constant({ phone: '+4930999999' }),
  },
  { requiredKeys: [] },
);

const bodies = property(
  'what is kept can be judged, says nothing else, and is kept the same again',
  fc.oneof(
    { weight: 5, arbitrary: mutatedObject(gates) },
    { weight: 4, arbitrary: good },
    { weight: 1, arbitrary: oddValue },
  ),
  async (given) => {
    const result = await resultOf(() => parseGates(given));
    if ('error' in result) {
      assert(result.error instanceof ValidationError, String(result.error));
      assert.equal(result.error.code, 'INVALID_GATES');
      const { message } = result.error;
      assert(
        textsIn(given).every((text) => text.length < 6 || !message.includes(text)),
        message,
      );
      return 'refused';
    }
    const kept = result.value;
    assert(Object.keys(kept).length > 0);
    assert(Object.keys(kept).every((name) => GATES.some((gate) => gate === name)));
    for (const listed of [kept.addresses, kept.countries]) {
      assert(listed === undefined || (listed.length >= 1 && listed.length <= 50));
      assert(listed === undefined || new Set(listed).size === listed.length);
    }
    assert(kept.captcha === undefined || kept.captcha === true);
    assert(kept.not_before === undefined || new Date(kept.not_before).toISOString() === kept.not_before);
    if (kept.code !== undefined) {
      assert.equal(Object.keys(kept.code).length, 1);
      // What goes to a mail server or a program holds nothing that either could take for something else.
      assert.match(Object.values(kept.code)[0] ?? '', /^[!-~]+$/);
    }
    assert.deepEqual(parseGates(JSON.parse(JSON.stringify(kept))), kept);
    return 'kept';
  },
  { outcomes: ['kept', 'refused'] },
);

/** The texts of a value, however deep, which no message may repeat. */
function textsIn(given: unknown): string[] {
  const texts: string[] = [];
  const left = [given];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null) left.push(...Object.values(value));
  }
  return texts;
}

const lists = property(
  'an address is in a list exactly if Node says so',
  fc.record({ entry: network, address: fc.oneof(fc.ipV4(), fc.ipV6(), near()) }),
  ({ entry, address }) => {
    if (!isAddressOrNetwork(entry)) {
      const [host = '', bits] = entry.split('/');
      const isGood = isIP(host) !== 0 && (bits === undefined || /^(0|[1-9][0-9]*)$/.test(bits));
      const most = isIPv4(host) ? 32 : 128;
      assert(!isGood || Number(bits ?? 0) > most || host.includes('%'), entry);
      return 'no network';
    }
    const said = isInList(address, [entry]);
    assert.equal(said, isInNodes(address, entry), `${address} in ${entry}`);
    return said ? 'in' : 'out';
  },
  { outcomes: ['in', 'out', 'no network'] },
);

/** An address that some of the networks hold. */
function near(): fc.Arbitrary<string> {
  return fc.constantFrom(
    '::10',
    '::a',
    '::08',
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:1.2.3.4',
    '1.2.3.4',
  );
}

/** An IPv4 address in IPv6 counts as that one, in a list as well. */
function plain(address: string): string {
  return mapped(address) ?? address;
}

function mapped(address: string): string | undefined {
  if (!address.includes(':')) return undefined;
  const spelled = new URL(`http://[${address}]`).hostname;
  const [, high = '', low = ''] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(spelled) ?? [];
  if (high === '') return undefined;
  const value = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
}

function isInNodes(address: string, entry: string): boolean {
  const [host = '', bits] = entry.split('/');
  const isMapped = mapped(host) !== undefined && Number(bits ?? 128) >= 96;
  const network = isMapped ? plain(host) : host;
  const family = isIPv4(network) ? 'ipv4' : 'ipv6';
  const own = plain(address);
  if ((family === 'ipv4') !== isIPv4(own)) return false;
  const list = new BlockList();
  const full = family === 'ipv4' ? 32 : 128;
  list.addSubnet(network, Number(bits ?? (isMapped ? 128 : full)) - (isMapped ? 96 : 0), family);
  return list.check(own, family);
}

const targets = property(
  'a mail address or phone number is one line that a mail server or a program takes for nothing else',
  fc.oneof(fc.emailAddress(), fc.stringMatching(/^\+[0-9]{5,17}$/), oddLine),
  (text) => {
    const isMail = isMailAddress(text);
    const isPhone = isPhoneNumber(text);
    assert(!(isMail && isPhone));
    if (isMail) assert(/^[!-~]+@[A-Za-z0-9.-]+$/.test(text) && !/[<>,;:\\"()[\]]/.test(text));
    if (isPhone) assert(/^\+[0-9]{7,15}$/.test(text));
    return isMail ? 'mail' : isPhone ? 'phone' : 'neither';
  },
  { outcomes: ['mail', 'phone', 'neither'] },
);

export const GATE_RULES: Family = { name: 'gates', properties: [bodies, lists, targets] };
