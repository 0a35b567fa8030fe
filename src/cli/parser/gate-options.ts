/** Gates as options: what readers must pass besides the key, of a secret or of the answers to a request. */

import type { SecretGates } from '../../client/create/gates.js';
import { parseDuration } from '../../core/duration.js';
import { parseInstant } from '../../core/instants.js';
import { isAddressOrNetwork, isCountry, MAX_LISTED } from '../../core/protocol/gates.js';
import { usageError } from '../exit/cli-error.js';
import { CliOption } from './option.js';

export interface GateFlags {
  readonly allowIp?: readonly string[];
  readonly allowCountry?: readonly string[];
  /** A duration, or a time of ISO 8601. */
  readonly notBefore?: string;
  readonly captcha?: boolean;
}

/** The options of all gates. */
export function gateOptions(): CliOption[] {
  return [allowIpOption(), allowCountryOption(), notBeforeOption(), captchaOption()];
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

/** The gates that are asked for; undefined for none. */
export function gatesOf({ allowIp, allowCountry, notBefore, captcha }: GateFlags): SecretGates | undefined {
  const gates: SecretGates = {
    ...(allowIp === undefined ? {} : { addresses: allowIp }),
    ...(allowCountry === undefined ? {} : { countries: allowCountry }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(captcha ? { captcha } : {}),
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
