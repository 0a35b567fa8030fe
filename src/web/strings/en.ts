/**
 * All texts of the page, in English. The other languages have the same keys and the same `{places}`. A text that
 * depends on a number has a form for each category of `Intl.PluralRules` that its language uses.
 */

/** The forms of a text that depends on the number `{count}`. `other` serves for the forms that are missing. */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

export const en = {
  'page.skip': 'Skip to the content',
  'page.promise': 'Encrypted in your browser. The key never reaches the server.',
  'page.verify': 'Verify this page',
  'page.language': 'Language',
  'page.shareOwn': 'Share a secret of your own',
  'page.notStarted': 'This page did not start',
  'page.notStartedWhy':
    'It encrypts and decrypts in your browser and needs JavaScript for that. Its script was blocked, was changed on its way, or has not arrived yet.',
  'page.notStartedAdvice':
    'Nothing has been sent or opened. Reload the page, allow JavaScript for this site, or try another browser. The command zephr get opens links without a browser.',
  'page.description': 'End-to-end encrypted, opened once, then gone.',
  'page.ogCreate': 'Share a secret, once',
  'page.ogReveal': 'A secret, to be opened once',
  'page.ogVerify': 'Verify this page',

  'create.title': 'Share a secret – zephr',
  'create.heading': 'Share a secret, once',
  'create.intro': 'It is encrypted before it leaves this browser. Your link opens it once, then it is gone.',
  'create.secret': 'Your secret',
  'create.dropHere': 'Drop the files here',
  'create.orFile': 'Or drop files here.',
  'create.limit': 'At most {size}.',
  'create.chooseFile': 'Choose files',
  'create.generate': 'Generate a password',
  'create.files': 'Files',
  'create.removeFile': 'Remove',
  'create.expiry': 'Expires after',
  'create.split': 'Split URL and key',
  'create.splitHelp':
    'Send them through two different channels, such as mail and phone. Neither opens anything alone.',
  'create.more': 'More options',
  'create.passphrase': 'Passphrase',
  'create.passphraseHelp': 'The reader has to know it too. Do not send it along with the link.',
  'create.generatePassphrase': 'Suggest six words',
  'create.views': 'Number of readers',
  'create.viewsHelp': 'From 1 to {max}. Each can open the link once.',
  'create.message': 'Message',
  'create.messageHelp': 'Encrypted too, and shown together with the secret.',
  'create.hint': 'Label',
  'create.hintHelp':
    'Shown before the secret is opened, to say what it is for. It is not encrypted: the server can see it.',
  'create.submit': 'Create link',
  'create.working': 'Encrypting…',
  'create.progress': '{sent} of {size} sent',

  'created.title': 'Your link – zephr',
  'created.heading': 'Your link is ready',
  'created.headingSplit': 'Your URL and key are ready',
  'created.intro': {
    one: 'Send it to your reader. Do not open it yourself: it works once.',
    other: 'Send it to your readers. It works {count} times.',
  },
  'created.introSplit': {
    one: 'Send the URL and the key through two different channels. Together they work once.',
    other: 'Send the URL and the key through two different channels. Together they work {count} times.',
  },
  'created.link': 'Link',
  'created.url': 'URL',
  'created.key': 'Key',
  'created.copyLink': 'Copy the link',
  'created.copyUrl': 'Copy the URL',
  'created.copyKey': 'Copy the key',
  'created.share': 'Share…',
  'created.qrLink': 'QR code of the link',
  'created.qrUrl': 'QR code of the URL, without the key',
  'created.expires': 'Expires {ahead}.',
  'created.passphrase': 'The reader also needs the passphrase.',
  'created.check': 'Check whether it was read',
  'created.revoke': 'Revoke',
  'created.revokeConfirm': 'Nobody will be able to read it any more.',
  'created.revokeYes': 'Yes, revoke it',
  'created.revokeNo': 'Keep it',
  'created.another': 'Share another secret',

  'status.waiting': 'Nobody has read it yet.',
  'status.partly': 'Opened by {read} of {views} readers, first {at}.',
  'status.read': 'It was read {at}.',
  'status.expired': 'It has expired. Nobody read it.',
  'status.revoked': 'It has been revoked. Nobody can read it any more.',
  'status.checked': 'Checked at {time}.',

  'reveal.title': 'A secret for you – zephr',
  'reveal.heading': 'A secret for you',
  'reveal.intro': 'You can open it once. Then it is gone, so be ready to keep it.',
  'reveal.incomplete':
    'The part after # is missing: the app that opened this link may have cut it off. Paste the whole link here, or the key if you received it separately. The secret stays available.',
  'reveal.link': 'Whole link, or key',
  'reveal.linkHelp': 'A key that comes separately begins with v2. or v2p. or v1.',
  'reveal.passphrase': 'Passphrase',
  'reveal.passphraseHelp': 'The sender has protected the secret with it.',
  'reveal.submit': 'Reveal the secret',
  'reveal.submitIn': 'Reveal the secret (in {time})',
  'reveal.working': 'Opening…',
  'reveal.check': 'Only check whether it is still there',
  'reveal.checking': 'Checking whether it is still there…',
  'reveal.stillThere': 'It is still there.',
  'reveal.hint': 'Label from the sender',
  'reveal.waiting': 'It stays available until you reveal it. It expires {ahead}.',
  'reveal.viewsLeft': {
    one: '{count} reader can still open it.',
    other: '{count} readers can still open it.',
  },
  'reveal.unchecked': 'It stays available until you reveal it.',
  'reveal.resume': 'You have opened this here. You can open it once more until {time}.',
  'reveal.version1':
    'This is an older link (version 1). Only reading it can tell whether it is still there, and anybody who has the URL could have used it up.',

  'revealed.title': 'The secret – zephr',
  'revealed.heading': 'Here is the secret',
  'revealed.gone': 'Nobody else can open it. Copy or download it before you leave this page.',
  'revealed.viewsLeft': {
    one: 'You have opened it. {count} more reader can open the link.',
    other: 'You have opened it. {count} more readers can open the link.',
  },
  'revealed.secret': 'Secret',
  'revealed.message': 'Message from the sender',
  'revealed.hint': 'Label',
  'revealed.binary': 'This is a file, not text. Download it to keep it.',
  'revealed.hidden': 'Hidden',
  'revealed.copy': 'Copy',
  'revealed.download': 'Download',
  'revealed.all': 'Download all',
  'revealed.again': 'Download again',
  'revealed.saved': '{size}, saved',
  'revealed.tooLargeHere':
    'This browser can save files of at most {size}. Use the zephr command, or a browser such as Chrome or Edge.',
  'revealed.tooLate': 'The time to fetch it is over, and the server has destroyed it.',
  'revealed.notWritten': 'It could not be written. Is the disk full?',
  'revealed.tryAgain': 'Try again.',
  'revealed.done': 'Done, clear this page',
  'revealed.fileName': 'secret',

  'button.show': 'Show',
  'button.hide': 'Hide',
  'button.showPassphrase': 'Show the passphrase',
  'button.hidePassphrase': 'Hide the passphrase',
  'button.tryAgain': 'Try again',
  'button.cancel': 'Cancel',
  'button.copied': 'Copied',
  'button.copyByKeys': 'Your browser does not allow it. It is selected: press Ctrl+C or ⌘C.',
  'button.copyByMenu':
    'Your browser does not allow it. It is selected: copy it from the menu of the selection.',

  'leave.secret': 'You have not kept the secret',
  'leave.secretText': 'Copy or download it first: once you leave, nobody can open it again, not even you.',
  'leave.link': 'You have not copied the link',
  'leave.linkText':
    'Copy it first: without it nobody can open your secret, and this page cannot show it again.',
  'leave.draft': 'You have not shared the secret yet',
  'leave.draftText': 'What you entered is only on this page. When you leave, it is gone.',
  'leave.no': 'Stay here',
  'leave.yes': 'Leave anyway',

  'openedHere.heading': 'You have opened this here',
  'openedHere.text':
    'It was shown in this tab {at}. What you did not keep then is gone. If you still need it, ask the sender for a new link.',
  'lostHere.heading': 'Read, but not shown',
  'lostHere.text':
    'You tried to open this secret here {at}. It was not shown in time, and now it has been read, most likely by that try. Ask the sender for a new one.',
  'read.heading': 'Already read',
  'read.text':
    'This secret has been read before. If that was not you, tell the sender: it should be replaced by a new one.',
  'read.textAt':
    'This secret was read {at}. If that was not you, tell the sender: it should be replaced by a new one.',
  'expired.heading': 'Expired',
  'expired.text': 'Nobody opened this secret in time, and it was destroyed. Ask the sender for a new link.',
  'revoked.heading': 'Revoked',
  'revoked.text': 'The sender has taken this secret back. Ask the sender if you still need it.',
  'notFound.heading': 'Secret not found',
  'notFound.text':
    'This server knows no secret at this address. It never existed, or it ended long ago. Check that the link is complete.',
  'damaged.heading': 'The link is damaged',
  'damaged.text':
    'A part of it was changed or lost on the way. The secret stays available. Copy the whole link once more and paste it here.',
  'cutOff.heading': 'The link was cut off',
  'cutOff.text':
    'Its end is missing. The secret stays available. Copy the whole link once more and paste it here.',
  'tooNew.heading': 'The link is too new',
  'tooNew.text': 'It was made by a newer zephr than this page. The secret stays available.',
  'decryptionFailed.heading': 'It does not open',
  'decryptionFailed.text':
    'What the server sent is not what was sealed with this key. The key is wrong, or somebody has changed the secret. Tell the sender.',
  'insecure.heading': 'This connection is not secure',
  'insecure.text':
    'Browsers encrypt only on pages that arrive over https. In the address bar, put https:// in front of this address instead of http://. If that does not work, ask whoever runs this server.',
  'wrongKey.heading': 'Wrong key',
  'wrongKey.text':
    'This key does not belong to this link. The secret stays available: check the key and try again.',
  'wrongKeyClaimed.heading': 'Wrong key',
  'wrongKeyClaimed.text':
    'This key does not open the secret. You hold it now, and can try another key until {time}. Keep this page open.',
  'wrongEither.heading': 'Wrong passphrase or key',
  'wrongEither.text':
    'One of them does not belong to this secret. The secret stays available: check the passphrase first, then the link.',
  'wrongPassphrase.heading': 'Wrong passphrase',
  'wrongPassphrase.text': 'That is not the passphrase. The secret stays available: check it and try again.',
  'tooManyAttempts.heading': 'Too many attempts',
  'tooManyAttempts.text': 'Wait {time} before you try again. The secret stays available.',
  'noConnection.heading': 'No connection',
  'noConnection.text': 'The server could not be reached. Check your network and try again.',
  'lostReply.heading': 'The answer did not arrive',
  'lostReply.text':
    'The secret may have been on its way to you. Keep this page open and try again within a minute: nobody else can get it meanwhile.',
  'serverError.heading': 'The server has a problem',
  'serverError.text': 'It could not answer just now. Try again in a moment.',
  'notZephrServer.heading': 'Not a zephr server',
  'notZephrServer.text':
    'What answered is not a zephr server: the address is wrong, or something in between answered for it, such as a login page, a firewall or a proxy.',
  'tooLarge.heading': 'Too large',
  'tooLarge.text': 'This server takes secrets of at most {size}. Yours has {actual}.',
  'limitReached.heading': 'Limit reached',
  'limitReached.text': 'No more secrets can be created from your address for now. Try again {ahead}.',
  'closed.heading': 'Links are created here with an API key',
  'closed.text':
    'Whoever runs this server has limited creating to people with an API key. If you have one, create links with the zephr command; if not, ask for one. Opening a link needs no key.',
  'notAllowed.heading': 'Not allowed here',
  'notAllowed.text': 'This server does not allow that expiry without an API key. Choose another.',
  'unexpected.heading': 'Unexpected error',
  'unexpected.text': 'Error code: {code}. Try again. If it happens again, tell whoever runs this server.',
  'noPage.heading': 'There is no page here',
  'noPage.text':
    'The address leads nowhere. If you followed a link to a secret, copy the whole link once more.',

  'error.empty': 'There is nothing to share yet: type a secret or choose a file.',
  'error.textMalformed': 'The text holds characters that cannot be sent. Send it as a file.',
  'error.fileEmpty': '“{name}” is empty: it has no content to share.',
  'error.fileTooLarge': '“{name}” is too large: that makes {actual}, and this server takes at most {size}.',
  'error.tooManyFiles': 'At most {max} files can be shared at a time.',
  'error.fileUnreadable': '“{name}” could not be read. Is it a folder, or was it moved?',
  'error.views': 'The number of readers is a whole number from 1 to {max}.',
  'error.hint': 'The label has at most {max} characters, and none that cannot be seen.',
  'error.fileName': '“{name}” has a name that cannot be sent. Rename it.',
  'error.linkMissing': 'Paste the link or the key.',
  'error.linkDamaged': 'That is not a whole link or key. Copy it once more.',
  'error.linkWithoutKey': 'That link has nothing after #. Copy it once more, or paste the key.',
  'error.linkElsewhere': 'That link is for {server}. Open it there.',
  'error.passphraseMissing': 'Enter the passphrase.',
  'error.passphraseMalformed': 'The passphrase holds characters that cannot be used.',
  'time.today': 'today at {time}',
  'time.tomorrow': 'tomorrow at {time}',
  'time.yesterday': 'yesterday at {time}',
  'time.date': 'on {date} at {time}',
  'time.ahead': '{when}, {in}',
  'verify.title': 'Verify this page – zephr',
  'verify.heading': 'Verify this page',
  'verify.intro': 'Find out whether this server sent you the page that its published source makes.',
  'verify.why': 'What this is for',
  'verify.whyText':
    'This page encrypts in your browser, so you rely on its code. Whoever controls the server could change that code. By comparing it with the source you notice a change.',
  'verify.how': 'How to do it',
  'verify.howText':
    'Get the source of the version that this server runs, and use these commands there. They build the list of hashes themselves, fetch the files from this server, and compare both. A page cannot vouch for itself: do not compare here.',
  'verify.list': 'The hashes that this server states',
  'verify.listText': 'SHA-256 of every file of the page. The list of your own build has to be the same.',
  'verify.file': 'The list as a file',
  'verify.limits': 'What it does not tell',
  'verify.limitsText':
    'It holds for the files that you were sent this time, not for what others get, or you the next time. The zephr command runs no code from a server.',
} as const satisfies Readonly<Record<string, string | Plural>>;

/** The key of a text. */
export type TextKey = keyof typeof en;

/** The keys of texts that depend on a number. */
export type PluralKey = { [Key in TextKey]: (typeof en)[Key] extends string ? never : Key }[TextKey];

/** A language: a text for every key. */
export type Texts = { readonly [Key in TextKey]: Key extends PluralKey ? Plural : string };
