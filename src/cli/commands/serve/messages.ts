/** The settings by which a server sends codes to readers: by mail, and as text messages. */

import { isMailAddress } from '../../../core/protocol/gates.js';
import type { MessageOptions } from '../../../server/secrets/gates/ways.js';
import { secretAsArgument, usageError } from '../../exit/cli-error.js';
import { readSecretFile } from '../../files/secret-file.js';
import { serveVariable } from '../../parser/shared-options.js';
import type { Terminal } from '../../terminal/terminal.js';

export interface MessageFlags {
  readonly smtp?: string;
  readonly mailFrom?: string;
  readonly smsCommand?: string;
  readonly smsUrl?: string;
  readonly smsSecretFile?: string;
  /** What phone numbers may begin with. */
  readonly smsCountries?: readonly string[];
}

/** @throws CliError exit 2 for settings that do not go together, and for a password among the arguments. */
export async function messageOptions(flags: MessageFlags, terminal: Terminal): Promise<MessageOptions> {
  return { mail: mailOptions(flags, terminal), phones: await phoneOptions(flags, terminal) };
}

function mailOptions({ smtp, mailFrom }: MessageFlags, { env }: Terminal): MessageOptions['mail'] {
  if (smtp === undefined) {
    if (mailFrom !== undefined)
      throw usageError('--mail-from is given without --smtp', 'name the mail server');
    return undefined;
  }
  const variable = serveVariable('smtp');
  // Arguments show in the list of processes; a variable shows to the same user only.
  if (hasPassword(smtp) && env[variable] !== smtp) {
    throw secretAsArgument('a password', `set ${variable} to the URL instead`);
  }
  if (mailFrom === undefined)
    throw usageError('--smtp is given without --mail-from', 'say who the mails are from');
  const [, address = mailFrom] = /<([^<>]+)>$/.exec(mailFrom) ?? [];
  if (!isMailAddress(address) || !/^[\x20-\x7e]*$/.test(mailFrom)) {
    throw usageError('--mail-from is not a mail address', 'write it as zephr@example.org');
  }
  return { smtp, from: mailFrom };
}

async function phoneOptions(flags: MessageFlags, terminal: Terminal): Promise<MessageOptions['phones']> {
  const { smsCommand, smsUrl, smsSecretFile, smsCountries } = flags;
  if (smsCommand === undefined && smsUrl === undefined) {
    if (smsSecretFile === undefined && smsCountries === undefined) return undefined;
    throw usageError('nothing sends text messages', 'give --sms-command or --sms-url, too');
  }
  if (smsCommand !== undefined && smsUrl !== undefined) {
    throw usageError('text messages go one way', 'give one of --sms-command and --sms-url');
  }
  if (smsCountries === undefined || !smsCountries.every((code) => /^\+[1-9][0-9]{0,6}$/.test(code))) {
    throw usageError(
      '--sms-countries does not say what phone numbers may begin with',
      'write it as +49,+33: each message costs its sender',
    );
  }
  const phoneCodes = smsCountries;
  if (smsCommand !== undefined) {
    if (smsSecretFile !== undefined) throw usageError('--sms-secret-file is for --sms-url');
    return { phoneCodes, program: smsCommand, env: withoutOwn(terminal.env), kill: terminal.kill };
  }
  return { phoneCodes, ...(await urlOptions(smsUrl ?? '', smsSecretFile, terminal)) };
}

/**
 * The operator's environment without what is for zephr and its database: their passwords are of no use to a program that
 * sends messages. What that program's own provider wants may be there.
 */
function withoutOwn(env: Terminal['env']): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !/^(?:ZEPHR_|PG)/i.test(name)) passed[name] = value;
  }
  return passed;
}

async function urlOptions(
  url: string,
  secretFile: string | undefined,
  terminal: Terminal,
): Promise<{ url: string; secret: string }> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw usageError('--sms-url is not a URL', 'write it as https://host/path');
  }
  if (hasPassword(url)) throw secretAsArgument('a password', 'what it gets is signed: see --sms-secret-file');
  if (secretFile === undefined) {
    throw usageError('--sms-url has no secret to sign with', 'name a file with --sms-secret-file');
  }
  return { url, secret: await readSecretFile(secretFile, 'secret for text messages', terminal) };
}

/** Whether a URL holds one. What is no URL holds none that anybody would use. */
function hasPassword(url: string): boolean {
  return URL.canParse(url) && new URL(url).password !== '';
}
