/** Gates as they travel (PROTOCOL.md section 9), and the rules for them that clients and servers both check. */

import { ValidationError } from '../errors.js';
import { instantOf } from '../instants.js';

/** What a reader must pass besides the key, in the order in which it is checked. */
export const GATES = ['addresses', 'countries', 'not_before', 'captcha', 'code'] as const;

export type GateName = (typeof GATES)[number];

/** What a server can be set up for: the gates, with the two ways of a code apart. */
export const GATE_OFFERS = ['addresses', 'countries', 'not_before', 'captcha', 'email', 'phone'] as const;

export type GateOffer = (typeof GATE_OFFERS)[number];

/** Where a code is sent: to a mail address, or to a phone number in the form of ITU-T E.164. */
export type CodeTarget = { readonly email: string } | { readonly phone: string };

/** `gates` in the body of a create. At least one member. */
export interface GatesBody {
  /** IPv4 or IPv6 addresses, or networks in CIDR notation: 1 to 50. */
  readonly addresses?: readonly string[];
  /** ISO 3166-1 alpha-2: 1 to 50. */
  readonly countries?: readonly string[];
  /** ISO 8601, before the expiry. */
  readonly not_before?: string;
  readonly captcha?: true;
  readonly code?: CodeTarget;
}

/** What a status tells of gates: which there are, from when on it can be read, and where a code goes, masked. */
export interface GatesReply {
  readonly gates: readonly GateName[];
  readonly not_before?: string;
  readonly sent_to?: string;
}

/** The body of a code's 202: where it goes, masked, and after how many seconds another can be asked for. */
export interface CodeReply {
  readonly sent_to: string;
  readonly retry_after: number;
}

/** A puzzle, as ALTCHA has it: the number is to be found whose SHA-256 behind `salt`, in hex, is `challenge`. */
export interface PuzzleReply {
  readonly algorithm: 'SHA-256';
  readonly challenge: string;
  readonly salt: string;
  readonly signature: string;
  /** The largest number that it can be. */
  readonly maxnumber: number;
}

/** Most addresses, and most countries, of one secret. */
export const MAX_LISTED = 50;

/** Digits of a code. */
export const CODE_LENGTH = 6;

/** The largest number of a puzzle that a client looks for: a server that sets a larger one gets no work done. */
export const MAX_PUZZLE_NUMBER = 1_000_000;

const MAX_MAIL_LENGTH = 254;

const MAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/;

const PHONE = /^\+[1-9][0-9]{6,14}$/;

const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

/** The codes of ISO 3166-1, and XK, which stands for Kosovo where addresses are looked up. */
const COUNTRIES: ReadonlySet<string> = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ' +
    'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO ' +
    'FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE ' +
    'JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO ' +
    'MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW ' +
    'PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM ' +
    'TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW'
  ).split(' '),
);

/** Whether `text` is an IPv4 or IPv6 address, or a network of them in CIDR notation. Zones are refused. */
export function isAddressOrNetwork(text: string): boolean {
  const [, address = '', bits] = /^([0-9A-Fa-f.:]{2,45})(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  if (IPV4.test(address)) return Number(bits ?? 32) <= 32;
  // The parser of URLs knows how to spell an IPv6 address (RFC 4291 section 2.2), in browsers as well.
  return address.includes(':') && Number(bits ?? 128) <= 128 && URL.canParse(`http://[${address}]/`);
}

/** Whether `text` is a code of ISO 3166-1 alpha-2, in capitals. */
export function isCountry(text: string): boolean {
  return COUNTRIES.has(text);
}

/** Whether `text` has the form of a mail address: of ASCII, with a domain of two labels or more. */
export function isMailAddress(text: string): boolean {
  return text.length <= MAX_MAIL_LENGTH && MAIL.test(text);
}

/** Whether `text` has the form of a phone number: `+`, the code of its country, and 7 to 15 digits in all. */
export function isPhoneNumber(text: string): boolean {
  return PHONE.test(text);
}

/** Whether `text` has the form of a code. */
export function isCode(text: string): boolean {
  return /^[0-9]{6}$/.test(text);
}

/**
 * Checks the gates of a create, member by member. What they are given as comes back without repetitions.
 * @throws ValidationError `INVALID_GATES` with what is wrong. No list, address or number is in its message.
 */
export function parseGates(value: unknown): GatesBody {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('gates is no object');
  const members = value as Record<string, unknown>;
  const unknown = Object.keys(members).find((name) => !GATES.some((gate) => gate === name));
  if (unknown !== undefined) throw invalid('there is no gate of that name');
  const gates = {
    ...member('addresses', members, (list) => listOf(list, isAddressOrNetwork, 'addresses or networks')),
    ...member('countries', members, (list) => listOf(list, isCountry, 'countries, as in FR,DE')),
    ...member('not_before', members, instantIn),
    ...member('captcha', members, trueIn),
    ...member('code', members, targetIn),
  };
  if (Object.keys(gates).length === 0) throw invalid('gates has none');
  return gates;
}

/** What a server must be set up for to keep these gates. */
export function offersFor(gates: GatesBody): GateOffer[] {
  return GATES.flatMap((name): GateOffer[] => {
    if (name !== 'code') return gates[name] === undefined ? [] : [name];
    if (gates.code === undefined) return [];
    return ['email' in gates.code ? 'email' : 'phone'];
  });
}

function member<Name extends GateName, Value>(
  name: Name,
  members: Record<string, unknown>,
  parse: (value: unknown) => Value,
): Partial<Record<Name, Value>> {
  const value = members[name] ?? undefined;
  return value === undefined ? {} : ({ [name]: parse(value) } as Record<Name, Value>);
}

function listOf(value: unknown, isOne: (text: string) => boolean, what: string): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [];
  const texts = listed.filter((one): one is string => typeof one === 'string' && isOne(one));
  if (texts.length !== listed.length || texts.length === 0 || texts.length > MAX_LISTED) {
    throw invalid(`a list is not 1 to ${MAX_LISTED} ${what}`);
  }
  return [...new Set(texts)];
}

function instantIn(value: unknown): string {
  const instant = instantOf(value);
  if (instant === null) throw invalid('not_before is not a time such as 2030-01-31T09:00:00Z');
  return instant;
}

function trueIn(value: unknown): true {
  if (value !== true) throw invalid('captcha is not true');
  return value;
}

function targetIn(value: unknown): CodeTarget {
  const { email, phone } = Object(value) as Record<string, unknown>;
  if (typeof email === 'string' && phone === undefined && isMailAddress(email)) return { email };
  if (typeof phone === 'string' && email === undefined && isPhoneNumber(phone)) return { phone };
  throw invalid('code is not sent to a mail address, nor to a phone number such as +4930123456');
}

function invalid(message: string): ValidationError {
  return new ValidationError(message, 'INVALID_GATES');
}
