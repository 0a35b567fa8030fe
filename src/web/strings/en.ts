/**
 * All texts of the page, in English. The other languages have the same keys and the same `{places}`. A text that
 * depends on a number has a form for each category of `Intl.PluralRules` that its language uses.
 */

/** The forms of a text that depends on the number `{count}`. `other` serves for the forms that are missing. */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

export const en = {
  'page.skip': 'Skip to the content',
  'page.promise': 'Encrypted in your browser. The key never reaches the server.',
  'page.hashes': 'Compare this page',
  'page.shareOwn': 'Share a secret of your own',
  'page.noScript':
    'This page needs JavaScript: it encrypts and decrypts in your browser. Without it, use the command: zephr get',

  'create.title': 'Share a secret – zephr',
  'create.heading': 'Share a secret, once',
  'create.intro': 'It is encrypted before it leaves this browser. Your link opens it once, then it is gone.',
  'create.secret': 'Your secret',
  'create.dropHere': 'Drop the file here',
  'create.orFile': 'Or drop a file here.',
  'create.limit': 'At most {size}.',
  'create.chooseFile': 'Choose a file',
  'create.removeFile': 'Remove the file',
  'create.expiry': 'Expires after',
  'create.split': 'Split URL and key',
  'create.splitHelp':
    'Send them by two different ways, such as mail and phone. Neither opens anything alone.',
  'create.more': 'More options',
  'create.passphrase': 'Passphrase',
  'create.passphraseHelp': 'The reader has to know it too. Do not send it along with the link.',
  'create.views': 'Number of readers',
  'create.viewsHelp': 'From 1 to {max}. Each can open the link once.',
  'create.hint': 'Hint',
  'create.hintHelp': 'A label for the reader. The server can see it.',
  'create.submit': 'Encrypt & share',
  'create.working': 'Encrypting…',

  'created.title': 'Your link – zephr',
  'created.heading': 'Your link is ready',
  'created.headingSplit': 'Your URL and key are ready',
  'created.intro': {
    one: 'Send it to your reader. Do not open it yourself: it works once.',
    other: 'Send it to your readers. It works {count} times.',
  },
  'created.introSplit': {
    one: 'Send the URL and the key by two different ways. Together they work once.',
    other: 'Send the URL and the key by two different ways. Together they work {count} times.',
  },
  'created.link': 'Link',
  'created.url': 'URL',
  'created.key': 'Key',
  'created.copyLink': 'Copy the link',
  'created.copyUrl': 'Copy the URL',
  'created.copyKey': 'Copy the key',
  'created.qrLink': 'QR code of the link',
  'created.qrUrl': 'QR code of the URL, without the key',
  'created.expires': 'Expires {in}: {at}.',
  'created.passphrase': 'The reader also needs the passphrase.',
  'created.check': 'Check whether it was read',
  'created.revoke': 'Revoke',
  'created.revokeConfirm': 'Nobody will be able to read it any more.',
  'created.revokeYes': 'Yes, revoke it',
  'created.revokeNo': 'Keep it',
  'created.another': 'Share another secret',

  'status.waiting': 'Nobody has read it yet.',
  'status.partly': 'Opened by {read} of {views} readers, first on {at}.',
  'status.read': 'It was read: {at}.',
  'status.expired': 'It has expired. Nobody read it.',
  'status.revoked': 'It is revoked. Nobody can read it any more.',
  'status.checked': 'As of {time}.',

  'reveal.title': 'A secret for you – zephr',
  'reveal.heading': 'A secret for you',
  'reveal.intro': 'You can look at it once. Then it is gone, so be ready to keep it.',
  'reveal.incomplete':
    'The part after # is missing: the app that opened this link may have cut it off. Paste the whole link here; or the key, if you got it apart from the link. Nothing is used up.',
  'reveal.link': 'Whole link, or key',
  'reveal.linkHelp': 'A key that comes apart from its link begins with v2. or v2p. or v1.',
  'reveal.passphrase': 'Passphrase',
  'reveal.passphraseHelp': 'The sender has protected the secret with it.',
  'reveal.submit': 'Reveal the secret',
  'reveal.submitIn': 'Reveal the secret (in {time})',
  'reveal.working': 'Opening…',
  'reveal.check': 'Only check whether it is still there',
  'reveal.checking': 'Checking whether it is still there…',
  'reveal.stillThere': 'It is still there.',
  'reveal.waiting': 'Nothing is used up until you reveal it. It expires {in}: {at}.',
  'reveal.viewsLeft': {
    one: '{count} reader can still open it.',
    other: '{count} readers can still open it.',
  },
  'reveal.unchecked': 'Nothing is used up until you reveal it.',
  'reveal.resume': 'You have opened this here. Until {time} you can look at it once more.',
  'reveal.version1':
    'This is an older link (version 1). Only reading it can tell whether it is still there, and anybody who has the URL could have used it up.',

  'revealed.title': 'The secret – zephr',
  'revealed.heading': 'Here is the secret',
  'revealed.gone': 'Nobody else can open it. Copy or download it before you leave this page.',
  'revealed.viewsLeft': {
    one: 'You have had your look. {count} more reader can open the link.',
    other: 'You have had your look. {count} more readers can open the link.',
  },
  'revealed.secret': 'Secret',
  'revealed.message': 'Message from the sender',
  'revealed.hint': 'Hint',
  'revealed.binary': 'This is a file and not text. Download it to keep it.',
  'revealed.hidden': 'Hidden',
  'revealed.copy': 'Copy',
  'revealed.download': 'Download',
  'revealed.done': 'Done, clear this page',
  'revealed.fileName': 'secret',

  'button.show': 'Show',
  'button.hide': 'Hide',
  'button.showPassphrase': 'Show the passphrase',
  'button.hidePassphrase': 'Hide the passphrase',
  'button.tryAgain': 'Try again',
  'button.copied': 'Copied',
  'button.copyFailed': 'Your browser does not allow it. It is selected: press Ctrl+C or ⌘C.',

  'leave.secret': 'You have not kept the secret',
  'leave.secretText': 'Copy or download it first: once you leave, nobody can open it again, not even you.',
  'leave.link': 'You have not copied the link',
  'leave.linkText':
    'Copy it first: without it nobody can open your secret, and this page cannot show it again.',
  'leave.no': 'Stay here',
  'leave.yes': 'Leave anyway',

  'openedHere.heading': 'You have opened this here',
  'openedHere.text':
    'It was shown in this tab: {at}. What you did not keep then is gone. If you still need it, ask the sender for a new link.',
  'lostHere.heading': 'Read, but not shown',
  'lostHere.text':
    'You tried to open this secret here: {at}. It was not shown in time, and now it is read, most likely by that try. Ask the sender for a new one.',
  'read.heading': 'Already read',
  'read.text':
    'This secret was read before. If that was not you, tell the sender: it should be replaced by a new one.',
  'read.textAt':
    'This secret was read: {at}. If that was not you, tell the sender: it should be replaced by a new one.',
  'expired.heading': 'Expired',
  'expired.text': 'Nobody opened this secret in time, and it was destroyed. Ask the sender for a new link.',
  'revoked.heading': 'Revoked',
  'revoked.text': 'The sender has taken this secret back. Ask the sender if you still need it.',
  'notFound.heading': 'No such secret',
  'notFound.text':
    'This server knows no secret with this address. It never existed, or it ended long ago. Check that the link is complete.',
  'damaged.heading': 'The link is damaged',
  'damaged.text':
    'A part of it was changed or lost on the way. Nothing is used up. Copy the whole link once more and paste it here.',
  'cutOff.heading': 'The link was cut off',
  'cutOff.text': 'Its end is missing. Nothing is used up. Copy the whole link once more and paste it here.',
  'tooNew.heading': 'The link is too new',
  'tooNew.text': 'It comes from a newer zephr than this page. Nothing is used up.',
  'decryptionFailed.heading': 'It does not open',
  'decryptionFailed.text':
    'What the server sent is not what was sealed with this key. The key is wrong, or somebody has changed the secret. Tell the sender.',
  'insecure.heading': 'This connection is not secure',
  'insecure.text':
    'Browsers encrypt only on pages that come over https. Open this page with https:// instead.',
  'wrongKey.heading': 'Wrong key',
  'wrongKey.text': 'This key does not belong to this link. Nothing is used up: check it and try again.',
  'wrongKeyClaimed.heading': 'Wrong key',
  'wrongKeyClaimed.text':
    'This key does not open the secret. You hold it now, and can try another key until {time}. Keep this page open.',
  'wrongEither.heading': 'Wrong passphrase or key',
  'wrongEither.text':
    'One of them does not belong to this secret. Nothing is used up: check the passphrase first, then the link.',
  'wrongPassphrase.heading': 'Wrong passphrase',
  'wrongPassphrase.text': 'That is not the passphrase. Nothing is used up: check it and try again.',
  'tooManyAttempts.heading': 'Too many wrong tries',
  'tooManyAttempts.text': 'Wait {time} before you try again. Nothing is used up.',
  'noConnection.heading': 'No connection',
  'noConnection.text': 'The server could not be reached. Check your network and try again.',
  'lostReply.heading': 'The answer did not arrive',
  'lostReply.text':
    'The secret may have been on its way to you. Keep this page open and try again within a minute: nobody else can get it meanwhile.',
  'serverError.heading': 'The server has trouble',
  'serverError.text': 'It could not do its work just now. Try again in a moment.',
  'notZephrServer.heading': 'Not a zephr server',
  'notZephrServer.text':
    'What answered is not a zephr server: the address is wrong, or something in between answered for it, such as a login page, a firewall or a proxy.',
  'tooLarge.heading': 'Too large',
  'tooLarge.text': 'This server takes secrets of at most {size}. Yours has {actual}.',
  'limitReached.heading': 'Limit reached',
  'limitReached.text': 'No more secrets can be created from your address for now. Try again {in}: {at}.',
  'closed.heading': 'This server asks for an API key',
  'closed.text':
    'Secrets are created here with an API key only, which this page does not take: use the zephr command. Reading works without one.',
  'notAllowed.heading': 'Not allowed here',
  'notAllowed.text': 'This server does not allow that expiry without an API key. Choose another.',
  'unexpected.heading': 'Something went wrong',
  'unexpected.text':
    'That was not foreseen ({code}). Try again, and tell whoever runs this server if it stays.',

  'error.empty': 'There is nothing to share yet: type a secret or choose a file.',
  'error.textMalformed': 'The text holds characters that cannot be sent. Send it as a file.',
  'error.fileUnreadable': 'The file could not be read. Is it a folder, or was it moved?',
  'error.views': 'The number of readers is a whole number from 1 to {max}.',
  'error.hint': 'The hint has at most {max} characters, and none that cannot be seen.',
  'error.fileName': 'The file has a name that cannot be sent. Rename it.',
  'error.linkMissing': 'Paste the link or the key.',
  'error.linkDamaged': 'That is not a whole link or key. Copy it once more.',
  'error.linkWithoutKey': 'That link has nothing after #. Copy it once more, or paste the key.',
  'error.linkElsewhere': 'That link is for {server}. Open it there.',
  'error.passphraseMissing': 'Enter the passphrase.',
  'error.passphraseMalformed': 'The passphrase holds characters that cannot be used.',
} as const satisfies Readonly<Record<string, string | Plural>>;

/** The key of a text. */
export type TextKey = keyof typeof en;

/** The keys of texts that depend on a number. */
export type PluralKey = { [Key in TextKey]: (typeof en)[Key] extends string ? never : Key }[TextKey];

/** A language: a text for every key. */
export type Texts = { readonly [Key in TextKey]: Key extends PluralKey ? Plural : string };
