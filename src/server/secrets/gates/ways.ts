/** The ways by which a server sends codes, as its operator has set them up. */

import { errorCode } from '../../../core/errors.js';
import type { LeasedMessage } from '../../store/contracts/outbox.js';
import type { Log } from '../../telemetry/log.js';
import type { CourierOptions } from './courier.js';
import { programWay, type TextProgram, urlWay, whyNotStarted } from './phones.js';

/** How long a mail server may take to say that it would take mail, in milliseconds. */
const CHECK_MS = 15_000;

/** What an operator decides about messages to readers. */
export interface MessageOptions {
  /** A mail server, and who mails are from. Default: none are sent. */
  readonly mail?: { readonly smtp: string; readonly from: string } | undefined;
  /** What sends text messages, and what the numbers begin with that it may send to. Default: none are sent. */
  readonly phones?:
    | ({ readonly phoneCodes: readonly string[] } & (
        | TextProgram
        | { readonly url: string; readonly secret: string }
      ))
    | undefined;
}

/** Ways to send. */
export interface Ways {
  readonly by: readonly LeasedMessage['by'][];
  readonly ways: CourierOptions['ways'];
  readonly phoneCodes: readonly string[];
  /**
   * Asks the mail server whether it would take mail, looks whether the program is there, and logs a warning if not: it may
   * only be so for now.
   */
  check(log: Log): Promise<void>;
}

/**
 * Sets up the ways that there are.
 * @returns null for none. @throws ValidationError `INVALID_SMTP`.
 */
export async function openWays({ mail, phones }: MessageOptions): Promise<Ways | null> {
  if (mail === undefined && phones === undefined) return null;
  // Loaded only where mail is sent.
  const byMail = mail && (await import('./mail.js')).mailWay(mail.smtp, mail.from);
  const byPhone = phones && ('program' in phones ? programWay(phones) : urlWay(phones.url, phones.secret));
  return {
    by: [
      ...(byMail === undefined ? [] : ['email' as const]),
      ...(byPhone === undefined ? [] : ['phone' as const]),
    ],
    ways: {
      ...(byMail === undefined ? {} : { email: byMail.send }),
      ...(byPhone === undefined ? {} : { phone: byPhone }),
    },
    phoneCodes: phones?.phoneCodes ?? [],
    async check(log) {
      try {
        await byMail?.verify(AbortSignal.timeout(CHECK_MS));
      } catch (error) {
        log.warn('mail server does not answer', { reason: errorCode(error) ?? 'TIMED_OUT' });
      }
      if (phones === undefined || !('program' in phones)) return;
      const reason = await whyNotStarted(phones);
      if (reason !== null) log.warn('text message program cannot be run', { reason });
    },
  };
}
