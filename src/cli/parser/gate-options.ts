/** Gates as options: what readers must pass besides the key, of a secret or of the answers to a request. */

import type { SecretGates } from '../../client/create/gates.js';
import { parseDuration } from '../../core/duration.js';
import { parseInstant } from '../../core/instants.js';
import {
  type CodeTarget,
  isAddressOrNetwork,
  isCountry,
  isMailAddress,
  isPhoneNumber,
  MAX_LISTED,
} from '../../core/protocol/gates.js';
import { usageError } from '../exit/cli-error.js';
import { CliOption } from './option.js';

export interface GateFlags {
  readonly allowIp?: readonly string[];
  readonly allowCountry?: readonly string[];
  /** A duration, or a time of ISO 8601. */
  readonly notBefore?: string;
  readonly captcha?: boolean;
  readonly codeTo?: CodeTarget;
  readonly otpEmail?: CodeTarget;
  readonly otpPhone?: CodeTarget;
}

/** The options of all gates. */
export function gateOptions(): CliOption[] {
  return [allowIpOption(), allowCountryOption(), notBeforeOption(), captchaOption(), ...codeOptions()];
}

function allowIpOption(): CliOption {
  return new CliOption('--allow-ip <cidr,...>', 'read from these addresses or networks only').argParser(
    (text: string) =>
      listOf(text, isAddressOrNetwork, 'an address or a network', 'write it as 203.0.113.7 or 2001:db8::/32'),
  );
}

function allowCountryOption(): CliOption {
  return new CliOption('--allow-country <FR,DE>', 'read from these countries only').argParser(
    (text: string) =>
      listOf(
        text.toUpperCase(),
        isCountry,
        'the code of a country',
        'write it as FR,DE; the United Kingdom is GB',
      ),
  );
}

function captchaOption(): CliOption {
  return new CliOption('--captcha', "the reader's program solves a puzzle first");
}

function notBeforeOption(): CliOption {
  return new CliOption('--not-before <time>', 'not read before: 2h, or 2030-01-31T09:00:00Z')
    .offers(['1h', '1d'])
    .argParser((text: string) => {
      const time = text.trim();
      if (parseDuration(time) !== null || parseInstant(time) !== null) return time;
      throw usageError('--not-before is not a time', 'write it as 2h, or as 2030-01-31T09:00:00Z');
    });
}

/** `--code-to`, and what it is called by those who know Sharokey's options. */
function codeOptions(): CliOption[] {
  const once = [
    'where the code goes is said twice',
    'give one of --code-to, --otp-email and --otp-phone',
  ] as const;
  return [
    new CliOption('--code-to <address>', 'the reader needs a code sent to this mail address or +number')
      .argParser((text: string) => targetOf(text))
      .excludes(['otpEmail', 'otpPhone'], ...once),
    new CliOption('--otp-email <address>', 'the same as --code-to')
      .argParser((text: string) => targetOf(text, 'email'))
      .excludes(['codeTo', 'otpPhone'], ...once),
    new CliOption('--otp-phone <number>', 'the same as --code-to')
      .argParser((text: string) => targetOf(text, 'phone'))
      .excludes(['codeTo', 'otpEmail'], ...once),
  ];
}

/** A mail address, or a phone number as people write it: spaces, hyphens and parentheses do not count. */
function targetOf(text: string, by?: 'email' | 'phone'): CodeTarget {
  const address = text.trim();
  if (by !== 'phone' && isMailAddress(address)) return { email: address };
  const number = address.replace(/[\s()./-]/g, '');
  if (by !== 'email' && isPhoneNumber(number)) return { phone: number };
  throw usageError(
    'that is no mail address and no phone number',
    'write it as reader@example.org, or +4930123456',
  );
}

/** The gates that are asked for; undefined for none. */
export function gatesOf(flags: GateFlags): SecretGates | undefined {
  const { allowIp, allowCountry, notBefore, captcha } = flags;
  const code = flags.codeTo ?? flags.otpEmail ?? flags.otpPhone;
  const gates: SecretGates = {
    ...(allowIp === undefined ? {} : { addresses: allowIp }),
    ...(allowCountry === undefined ? {} : { countries: allowCountry }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(captcha ? { captcha } : {}),
    ...(code === undefined ? {} : { code }),
  };
  return Object.keys(gates).length === 0 ? undefined : gates;
}

/** The parts of a list with commas, each of which must be `what`. */
function listOf(text: string, isOne: (part: string) => boolean, what: string, advice: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  const wrong = parts.findIndex((part) => !isOne(part));
  if (wrong >= 0) throw usageError(`part ${wrong + 1} of the list is not ${what}`, advice);
  if (parts.length > MAX_LISTED) throw usageError(`the list has more than ${MAX_LISTED} parts`);
  return parts;
}
