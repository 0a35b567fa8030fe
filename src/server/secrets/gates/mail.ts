/** Mail, by way of nodemailer: the one file that uses it, loaded where an operator has named a mail server. */

import { createTransport } from 'nodemailer';
import { ValidationError } from '../../../core/errors.js';
import type { SendText } from './courier.js';

/** How long a mail server may take to be reached, to greet, and between answers, in milliseconds. */
const PATIENCE = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 };

/** A way to send mail. */
export interface MailWay {
  readonly send: SendText;
  /** Resolves when the mail server answers and lets us in. @throws Error whose `code` a log may hold. */
  verify(): Promise<void>;
  close(): void;
}

/**
 * The way over an SMTP server.
 * @param url `smtp://user:password@host:587`, which uses STARTTLS where it is offered, or `smtps://…`.
 * @param from who mails are from.
 * @throws ValidationError `INVALID_SMTP` for another URL.
 */
export function mailWay(url: string, from: string): MailWay {
  if (!URL.canParse(url) || !/^smtps?:$/.test(new URL(url).protocol)) {
    throw new ValidationError(
      'the mail server is not named as smtp://host:587 or smtps://host',
      'INVALID_SMTP',
    );
  }
  // Nothing that is sent names files or URLs; should it ever, they are not fetched.
  const limits = { ...PATIENCE, disableFileAccess: true, disableUrlAccess: true };
  const transport = createTransport({ url, ...limits }, { from });
  return {
    async send(to, { subject, text }) {
      await transport.sendMail({
        to: { name: '', address: to },
        subject,
        text,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    },
    async verify() {
      await transport.verify();
    },
    close: () => transport.close(),
  };
}
