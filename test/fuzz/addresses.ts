/** IP addresses as numbers, judged by arithmetic: a second opinion beside net.BlockList. */

import fc from 'fast-check';

/** An IPv4 address, 0 to 2^32 - 1. */
export type Ipv4 = number;

type Block = readonly [first: Ipv4, last: Ipv4];

const at = (a: number, b = 0, c = 0, d = 0): Ipv4 => ((a * 256 + b) * 256 + c) * 256 + d;

/** First and last address of each block that is not for webhooks, from the IANA registry and RFC 5735. */
export const INSIDE_IPV4: readonly Block[] = [
  [at(0), at(0, 255, 255, 255)],
  [at(10), at(10, 255, 255, 255)],
  [at(100, 64), at(100, 127, 255, 255)],
  [at(127), at(127, 255, 255, 255)],
  [at(168, 63, 129, 16), at(168, 63, 129, 16)],
  [at(169, 254), at(169, 254, 255, 255)],
  [at(172, 16), at(172, 31, 255, 255)],
  [at(192, 0, 0), at(192, 0, 0, 255)],
  [at(192, 0, 2), at(192, 0, 2, 255)],
  [at(192, 31, 196), at(192, 31, 196, 255)],
  [at(192, 52, 193), at(192, 52, 193, 255)],
  [at(192, 88, 99), at(192, 88, 99, 255)],
  [at(192, 168), at(192, 168, 255, 255)],
  [at(192, 175, 48), at(192, 175, 48, 255)],
  [at(198, 18), at(198, 19, 255, 255)],
  [at(198, 51, 100), at(198, 51, 100, 255)],
  [at(203, 0, 113), at(203, 0, 113, 255)],
  [at(224), at(255, 255, 255, 255)],
];

/** Whether an IPv4 address is one that a webhook may go to. */
export function isPublicIpv4(address: Ipv4): boolean {
  return !INSIDE_IPV4.some(([first, last]) => address >= first && address <= last);
}

/** Whether an IPv6 address, as eight groups, is one that a webhook may go to. */
export function isPublicIpv6(groups: readonly number[]): boolean {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  if ([a, b, c, d, e].every((group) => group === 0) && f === 0xffff) return isPublicIpv4(g * 65_536 + h);
  if (a === 0x64 && b === 0xff9b && [c, d, e, f].every((group) => group === 0))
    return isPublicIpv4(g * 65_536 + h);
  if (a === 0x2002) return isPublicIpv4(b * 65_536 + c);
  if (a < 0x2000 || a > 0x3fff) return false;
  if (a === 0x2001 && (b < 0x200 || b === 0xdb8)) return false;
  if (a === 0x2620 && b === 0x4f && c === 0x8000) return false;
  return a !== 0x3ffe && !(a === 0x3fff && b < 0x1000);
}

/** IPv4 addresses, most of them at an edge of a block. */
export const ipv4: fc.Arbitrary<Ipv4> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...INSIDE_IPV4.flat()), fc.integer({ min: -2, max: 2 }))
    .map(([edge, step]) => Math.min(Math.max(edge + step, 0), 2 ** 32 - 1)),
  fc.nat(0xffff_ffff),
);

/** The usual spelling. */
export function dotted(address: Ipv4): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.');
}

const group = fc.oneof(fc.constant(0), fc.nat(0xffff));

/** IPv6 addresses as eight groups, most of them at an edge, or with an IPv4 address within. */
export const ipv6: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      0x64,
      0x1fff,
      0x2000,
      0x2001,
      0x2002,
      0x2620,
      0x3ffe,
      0x3fff,
      0x4000,
      0xfc00,
      0xfe80,
      0xff02,
      0,
    ),
    fc.constantFrom(0, 0x1ff, 0x200, 0xdb7, 0xdb8, 0xfff, 0x1000, 0x4f, 0xff9b),
    fc.constantFrom(0, 1, 0x8000),
    group,
    group,
    group,
    group,
    group,
  ),
  ipv4.map((v4) => [0, 0, 0, 0, 0, 0xffff, Math.floor(v4 / 65_536), v4 % 65_536]),
  ipv4.map((v4) => [0x64, 0xff9b, 0, 0, 0, 0, Math.floor(v4 / 65_536), v4 % 65_536]),
  fc
    .tuple(ipv4, group, group)
    .map(([v4, one, other]) => [0x2002, Math.floor(v4 / 65_536), v4 % 65_536, one, 0, 0, 0, other]),
  fc.array(group, { minLength: 8, maxLength: 8 }),
);

/** Ways to write an IPv6 address: whole, shortened, in either case, with zeros in front or an IPv4 tail. */
export function spelledIpv6(groups: readonly number[]): fc.Arbitrary<string> {
  const hex = groups.map((one) => one.toString(16));
  const zeros = groups.findIndex((one, index) => one === 0 && groups[index + 1] === 0);
  let end = zeros;
  while (end >= 0 && groups[end] === 0) end++;
  const short = zeros < 0 ? hex.join(':') : `${hex.slice(0, zeros).join(':')}::${hex.slice(end).join(':')}`;
  const tail = dotted((groups[6] ?? 0) * 65_536 + (groups[7] ?? 0));
  return fc.constantFrom(
    hex.join(':'),
    short,
    short.toUpperCase(),
    hex.map((one) => one.padStart(4, '0')).join(':'),
    `${hex.slice(0, 6).join(':')}:${tail}`,
  );
}
