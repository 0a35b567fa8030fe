/** What messages with codes say: no link, which mail and chat would open, and nothing of the secret. */

import { MESSAGE_LANGUAGES, type MessageLanguage } from '../../store/contracts/outbox.js';

/** A message's words. */
export interface Words {
  readonly subject: string;
  /** Paragraphs of a mail. */
  readonly text: string;
  /** The same for a phone: in the characters of one text message (GSM 03.38). */
  readonly short: string;
}

const WORDS: Readonly<Record<MessageLanguage, (code: string) => Words>> = {
  en: (code) => ({
    subject: `${code} is your code`,
    text: `Your code is ${code}\n\nSomebody has sent you a secret, and it can be read with this code for the next 10 minutes.\nNobody will ask you for it: do not pass it on.\n\nIf you did not ask for a code, you need not do anything.\n`,
    short: `${code} is your code to read a secret. Do not pass it on.`,
  }),
  de: (code) => ({
    subject: `${code} ist Ihr Code`,
    text: `Ihr Code ist ${code}\n\nJemand hat Ihnen ein Geheimnis geschickt. Mit diesem Code lässt es sich in den nächsten 10 Minuten lesen.\nNiemand wird Sie nach ihm fragen: Geben Sie ihn nicht weiter.\n\nWenn Sie keinen Code angefordert haben, brauchen Sie nichts zu tun.\n`,
    short: `${code} ist Ihr Code, um ein Geheimnis zu lesen. Geben Sie ihn nicht weiter.`,
  }),
  fr: (code) => ({
    subject: `${code} est votre code`,
    text: `Votre code est ${code}\n\nQuelqu'un vous a envoyé un secret. Ce code permet de le lire pendant les 10 prochaines minutes.\nPersonne ne vous le demandera : ne le transmettez pas.\n\nSi vous n'avez pas demandé de code, vous n'avez rien à faire.\n`,
    short: `${code} est votre code pour lire un secret. Ne le transmettez pas.`,
  }),
};

/** The words of a message with a code. */
export function wordsOf(language: MessageLanguage, code: string): Words {
  return WORDS[language](code);
}

/**
 * The language that a reader likes best of those that there are, by its `Accept-Language` (RFC 9110 section 12.5.4).
 * English where it likes none.
 */
export function languageOf(accepted: string | undefined): MessageLanguage {
  const liked = (accepted ?? '').split(',').map((entry) => {
    const [range = '', ...parameters] = entry.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return { tag: range.toLowerCase().split('-')[0] ?? '', weight: Number(weight) };
  });
  const known = liked.flatMap(({ tag, weight }) => {
    const language = MESSAGE_LANGUAGES.find((one) => one === tag);
    return language === undefined || !(weight > 0) ? [] : [{ language, weight }];
  });
  return known.sort((one, other) => other.weight - one.weight)[0]?.language ?? 'en';
}
