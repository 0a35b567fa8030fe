/**
 * Mail, by way of nodemailer's SMTP client: the one file that uses it, loaded where an operator has named a mail server.
 * The rest of nodemailer, which composes mails of any kind, is four times as large; ours are plain text of one part.
 */

import { randomUUID } from 'node:crypto';
import SmtpConnection from 'nodemailer/lib/smtp-connection';
import { ValidationError } from '../../../core/errors.js';
import type { SendText } from './courier.js';

/** How long a mail server may take to be reached, to greet, and between answers, in milliseconds. */
const PATIENCE = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 };

/** A way to send mail. */
export interface MailWay {
  readonly send: SendText;
  /** Resolves when the mail server answers and lets us in. @throws Error whose `code` a log may hold. */
  verify(): Promise<void>;
}

/**
 * The way over an SMTP server.
 * @param url `smtp://user:password@host:587`, which uses STARTTLS where it is offered, and with `?requireTLS=true` insists
 *   on it; or `smtps://…`.
 * @param from who mails are from: an address, or `Name <address>`.
 * @throws ValidationError `INVALID_SMTP` for another URL.
 */
export function mailWay(url: string, from: string): MailWay {
  if (!URL.canParse(url) || !/^smtps?:$/.test(new URL(url).protocol)) {
    throw new ValidationError(
      'the mail server is not named as smtp://host:587 or smtps://host',
      'INVALID_SMTP',
    );
  }
  const server = new URL(url);
  const [, sender = from] = /<([^<>]+)>$/.exec(from) ?? [];
  return {
    send: (to, { subject, text }) =>
      withServer(server, (connection) => sent(connection, sender, to, composed(from, to, subject, text))),
    verify: () => withServer(server, async () => undefined),
  };
}

/** Does something on a connection of its own, once the server has let us in. */
async function withServer(server: URL, work: (connection: SmtpConnection) => Promise<void>): Promise<void> {
  const { protocol, hostname, port, username, password, searchParams } = server;
  const secure = protocol === 'smtps:';
  const connection = new SmtpConnection({
    ...PATIENCE,
    host: hostname,
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS: searchParams.get('requireTLS') === 'true',
  });
  // An error may come at any time, and once a callback has been called for it, nobody else wants it.
  const failed = new Promise<never>((_, reject) => connection.on('error', reject));
  failed.catch(() => undefined);
  const step = (start: (done: (error?: Error | null) => void) => void) =>
    Promise.race([
      failed,
      new Promise<void>((resolve, reject) => start((error) => (error ? reject(error) : resolve()))),
    ]);
  try {
    await step((done) => connection.connect(done));
    const credentials = { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
    if (username !== '') await step((done) => connection.login({ credentials }, done));
    await Promise.race([failed, work(connection)]);
    connection.quit();
  } catch (error) {
    connection.close();
    throw error;
  }
}

function sent(connection: SmtpConnection, from: string, to: string, mail: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.send({ from, to: [to] }, mail, (error) => (error ? reject(error) : resolve()));
  });
}

/** A mail of plain text (RFC 5322, and RFC 2045 for its encoding). */
function composed(from: string, to: string, subject: string, text: string): string {
  const [, domain = 'localhost'] = /@([^@>]+)>?$/.exec(from) ?? [];
  const headers = {
    From: from,
    To: to,
    Subject: subject,
    Date: new Date().toUTCString().replace('GMT', '+0000'),
    'Message-ID': `<${randomUUID()}@${domain}>`,
    'Auto-Submitted': 'auto-generated',
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Transfer-Encoding': 'base64',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const body = Buffer.from(text.replaceAll('\n', '\r\n')).toString('base64');
  return `${lines.join('')}\r\n${body.replaceAll(/.{76}/g, '$&\r\n')}\r\n`;
}
