/**
 * Mail, by way of nodemailer's SMTP client: the one file that uses it, loaded where an operator has named a mail server.
 * The rest of nodemailer, which composes mails of any kind, is four times as large; ours are plain text of one part.
 */

import { randomUUID } from 'node:crypto';
import SmtpConnection from 'nodemailer/lib/smtp-connection';
import { ValidationError } from '../../../core/errors.js';
import { isLoopbackHost } from '../../../core/link.js';
import { hostName } from '../../../net/host-name.js';
import type { SendText } from './courier.js';

/**
 * How long a mail server may take to be reached, to greet, and between what it says, in milliseconds. Many let clients wait
 * some seconds for the greeting, to tell those that do not wait.
 */
const PATIENCE = {
  connectionTimeout: 5_000,
  greetingTimeout: 10_000,
  socketTimeout: 10_000,
  // What is over need not be waited for.
  socketCloseTimeout: 0,
};

/** A way to send mail. */
export interface MailWay {
  readonly send: SendText;
  /** Resolves when the mail server answers and lets us in. @throws Error whose `code` a log may hold. */
  verify(signal: AbortSignal): Promise<void>;
}

/**
 * The way over an SMTP server.
 * @param url `smtp://host:587`, which uses STARTTLS where it is offered, and insists on it with a login for another machine
 *   (`smtp://user:password@host:587`), unless `?requireTLS=` says otherwise; or `smtps://…`.
 * @param from who mails are from: an address, or `Name <address>`.
 * @throws ValidationError `INVALID_SMTP` for another URL.
 */
export function mailWay(url: string, from: string): MailWay {
  const server = serverOf(url);
  const [, sender = from] = /<([^<>]+)>$/.exec(from) ?? [];
  return {
    send: (to, { subject, text }, signal) => {
      const mail = composed(from, to, subject, text);
      return withServer(server, signal, (connection) => sent(connection, sender, to, mail));
    },
    verify: (signal) => withServer(server, signal, async () => undefined),
  };
}

/** A mail server, as a URL names it. */
interface MailServer {
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly secure: boolean;
    readonly requireTLS: boolean;
  };
  readonly credentials: { readonly user: string; readonly pass: string } | null;
}

/** @throws ValidationError `INVALID_SMTP`. */
function serverOf(url: string): MailServer {
  try {
    const { protocol, hostname, port, username, password, searchParams } = new URL(url);
    if (/^smtps?:$/.test(protocol) && hostname !== '') {
      const secure = protocol === 'smtps:';
      const insists = searchParams.get('requireTLS');
      return {
        connection: {
          host: hostName(hostname),
          port: Number(port) || (secure ? 465 : 587),
          secure,
          // Who is on the way could leave the offer out, and would be told the password.
          requireTLS: insists === null ? username !== '' && !isLoopbackHost(hostname) : insists === 'true',
        },
        credentials:
          username === '' ? null : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
      };
    }
  } catch (error) {
    // What is no URL, and a percent sign in it that stands for itself.
    if (!(error instanceof TypeError || error instanceof URIError)) throw error;
  }
  throw new ValidationError(
    'the mail server is not named as smtp://host:587 or smtps://host',
    'INVALID_SMTP',
  );
}

/** Does something on a connection of its own, once the server has let us in. */
async function withServer(
  { connection: where, credentials }: MailServer,
  signal: AbortSignal,
  work: (connection: SmtpConnection) => Promise<void>,
): Promise<void> {
  const connection = new SmtpConnection({ ...PATIENCE, ...where });
  // An error may come at any time, and once a callback has been called for it, nobody else wants it.
  let giveUp = (): void => undefined;
  const failed = new Promise<never>((_, reject) => {
    connection.on('error', reject);
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  failed.catch(() => undefined);
  const step = (start: (done: (error?: Error | null) => void) => void) =>
    Promise.race([
      failed,
      new Promise<void>((resolve, reject) => start((error) => (error ? reject(error) : resolve()))),
    ]);
  try {
    await step((done) => connection.connect(done));
    if (credentials !== null) await step((done) => connection.login({ credentials }, done));
    await Promise.race([failed, work(connection)]);
    connection.quit();
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
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
