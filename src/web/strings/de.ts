/** All texts of the page, in German. */

import type { Texts } from './en.js';

export const de: Texts = {
  'page.skip': 'Zum Inhalt springen',
  'page.promise': 'In Ihrem Browser verschlüsselt. Der Schlüssel erreicht den Server nie.',
  'page.verify': 'Echtheit prüfen',
  'page.language': 'Sprache',
  'page.shareOwn': 'Selbst ein Geheimnis teilen',
  'page.notStarted': 'Diese Seite ist nicht gestartet',
  'page.notStartedWhy':
    'Sie ver- und entschlüsselt in Ihrem Browser und braucht dafür JavaScript. Ihr Skript wurde blockiert, unterwegs verändert oder ist noch nicht angekommen.',
  'page.notStartedAdvice':
    'Es wurde nichts gesendet oder geöffnet. Laden Sie die Seite neu, erlauben Sie JavaScript für diese Website oder nehmen Sie einen anderen Browser. Der Befehl zephr get öffnet Links ohne Browser.',
  'page.description': 'Ende-zu-Ende-verschlüsselt, einmal geöffnet, dann weg.',
  'page.ogCreate': 'Ein Geheimnis teilen, genau einmal',
  'page.ogReveal': 'Ein Geheimnis, das sich einmal öffnen lässt',
  'page.ogVerify': 'Echtheit prüfen',
  'page.ogAsk': 'Um ein Geheimnis bitten',
  'page.ogRequest': 'Eine Bitte um ein Geheimnis',
  'page.ways': 'Was Sie tun können',
  'page.share': 'Geheimnis teilen',
  'page.ask': 'Geheimnis anfordern',
  'page.operator': 'Betrieben von',
  'page.imprint': 'Impressum',

  'create.title': 'Ein Geheimnis teilen – zephr',
  'create.heading': 'Ein Geheimnis teilen, genau einmal',
  'create.intro':
    'Es wird verschlüsselt, bevor es diesen Browser verlässt. Ihr Link öffnet es einmal, dann ist es weg.',
  'create.secret': 'Ihr Geheimnis',
  'create.dropHere': 'Dateien hier ablegen',
  'create.orFile': 'Oder Dateien hier ablegen.',
  'create.limit': 'Höchstens {size}.',
  'create.chooseFile': 'Dateien auswählen',
  'create.generate': 'Passwort erzeugen',
  'create.files': 'Dateien',
  'create.removeFile': 'Entfernen',
  'create.expiry': 'Läuft ab nach',
  'create.split': 'URL und Schlüssel trennen',
  'create.splitHelp':
    'Schicken Sie beide über zwei verschiedene Kanäle, etwa per E‑Mail und Telefon. Einzeln öffnen sie nichts.',
  'create.more': 'Weitere Optionen',
  'create.passphrase': 'Passphrase',
  'create.passphraseHelp':
    'Auch der Empfänger muss sie kennen. Schicken Sie sie nicht zusammen mit dem Link.',
  'create.generatePassphrase': 'Sechs Wörter vorschlagen ({bits} Bit)',
  'create.views': 'Anzahl der Empfänger',
  'create.viewsHelp': 'Von 1 bis {max}. Jeder kann den Link einmal öffnen.',
  'create.message': 'Nachricht',
  'create.messageHelp': 'Wird ebenfalls verschlüsselt und zusammen mit dem Geheimnis gezeigt.',
  'create.hint': 'Bezeichnung',
  'create.hintHelp':
    'Erscheint vor dem Öffnen und sagt, wofür das Geheimnis ist. Sie ist nicht verschlüsselt: Der Server kann sie sehen.',
  'create.submit': 'Link erstellen',
  'create.working': 'Wird verschlüsselt …',
  'create.progress': '{sent} von {size} gesendet',

  'created.title': 'Ihr Link – zephr',
  'created.heading': 'Ihr Link ist fertig',
  'created.headingSplit': 'URL und Schlüssel sind fertig',
  'created.intro': {
    one: 'Schicken Sie ihn dem Empfänger. Öffnen Sie ihn nicht selbst: Er funktioniert nur einmal.',
    other: 'Schicken Sie ihn den Empfängern. Er funktioniert {count}-mal.',
  },
  'created.introSplit': {
    one: 'Schicken Sie URL und Schlüssel über zwei verschiedene Kanäle. Zusammen funktionieren sie einmal.',
    other:
      'Schicken Sie URL und Schlüssel über zwei verschiedene Kanäle. Zusammen funktionieren sie {count}-mal.',
  },
  'created.link': 'Link',
  'created.url': 'URL',
  'created.key': 'Schlüssel',
  'created.copyLink': 'Link kopieren',
  'created.copyUrl': 'URL kopieren',
  'created.copyKey': 'Schlüssel kopieren',
  'created.share': 'Teilen …',
  'created.qrLink': 'QR-Code des Links',
  'created.qrUrl': 'QR-Code der URL, ohne den Schlüssel',
  'created.expires': 'Läuft {ahead} ab.',
  'created.passphrase': 'Der Empfänger braucht außerdem die Passphrase.',
  'created.check': 'Prüfen, ob es gelesen wurde',
  'created.revoke': 'Widerrufen',
  'created.revokeConfirm': 'Danach kann es niemand mehr lesen.',
  'created.revokeYes': 'Ja, widerrufen',
  'created.revokeNo': 'Behalten',
  'created.another': 'Noch ein Geheimnis teilen',
  'created.receipt': 'Beleg',
  'created.receiptHelp':
    'Mit diesem Link sehen Sie später, ob das Geheimnis gelesen wurde, und können es widerrufen. Öffnen lässt es sich damit nicht.',
  'created.copyReceipt': 'Beleg kopieren',
  'ask.title': 'Um ein Geheimnis bitten – zephr',
  'ask.heading': 'Um ein Geheimnis bitten',
  'ask.intro':
    'Schicken Sie einen Link an die Person, die es hat. Sie gibt es dort ein, und nur Sie können es öffnen.',
  'ask.message': 'Was brauchen Sie?',
  'ask.messageHelp':
    'Zum Beispiel: das Passwort der Testdatenbank. Wird verschlüsselt: Nur wer den Link hat, kann es sehen.',
  'ask.from': 'Ihr Name',
  'ask.fromHelp': 'Damit klar ist, wer fragt. Er wird ebenfalls verschlüsselt.',
  'ask.expiry': 'Zeit für die Antwort',
  'ask.answers': 'Anzahl der Antworten',
  'ask.answersHelp':
    'Von 1 bis {max}. Mit mehr als einer können Sie mehrere Personen über denselben Link fragen.',
  'ask.submit': 'Anfragelink erstellen',
  'asked.title': 'Ihre Anfrage – zephr',
  'asked.heading': 'Ihre Anfrage ist fertig',
  'asked.intro':
    'Schicken Sie den ersten Link ab. Bewahren Sie den zweiten auf oder lassen Sie diese Seite offen: Die Antwort erscheint unten.',
  'asked.link': 'Link zum Verschicken',
  'asked.mail': 'E‑Mail …',
  'asked.mailSubject': 'Bitte um ein Geheimnis',
  'asked.mailText':
    'Bitte schicken Sie mir das über den Link unten. Es wird in Ihrem Browser verschlüsselt, und nur ich kann es öffnen.',
  'asked.collect': 'Link zum Aufbewahren',
  'asked.collectHelp': 'Er öffnet die Antworten, und nur er. Geben Sie ihn nicht weiter.',
  'asked.copyCollect': 'Link zum Aufbewahren kopieren',
  'asked.answers': 'Antworten',
  'collect.title': 'Antworten – zephr',
  'collect.heading': 'Antworten auf Ihre Anfrage',
  'collect.intro': 'Sie können jede einmal öffnen. Danach ist sie weg: Bewahren Sie sie gleich auf.',
  'collect.keep': 'Bewahren Sie den Link dieser Seite auf: Nichts anderes öffnet die Antworten.',
  'answers.loading': 'Antworten werden gesucht …',
  'answers.list': 'Eingegangene Antworten',
  'answers.answer': 'Antwort {number}, eingegangen {at}',
  'answers.reveal': 'Anzeigen',
  'answers.waiting': 'Noch nicht geöffnet. Läuft {when} ab.',
  'answers.read': 'Geöffnet',
  'answers.expired': 'Abgelaufen, ohne geöffnet zu werden',
  'answers.revoked': 'Vom Absender zurückgezogen',
  'answers.tampered':
    'Lässt sich nicht öffnen: Sie wurde nicht für diese Anfrage erstellt, oder jemand hat sie verändert.',
  'answers.arrived': {
    one: '{count} Antwort wartet auf Sie.',
    other: '{count} Antworten warten auf Sie.',
  },
  'answers.arrivedTitle': 'Eine Antwort ist da – zephr',
  'answers.open': 'Die Anfrage läuft {ahead} ab. Antworten erscheinen hier von selbst.',
  'answers.left': {
    one: '{count} weitere kann noch kommen.',
    other: '{count} weitere können noch kommen.',
  },
  'answers.requestAnswered': 'Die Anfrage nimmt keine weiteren Antworten an.',
  'answers.requestExpired': 'Die Anfrage ist abgelaufen.',
  'answers.requestCancelled': 'Die Anfrage wurde zurückgezogen.',
  'answers.offline': 'Der Server ist nicht zu erreichen. Neuer Versuch …',
  'answers.cancel': 'Anfrage zurückziehen',
  'answers.cancelConfirm': 'Danach kann niemand mehr antworten. Eingegangene Antworten bleiben.',
  'answers.cancelYes': 'Ja, zurückziehen',
  'answers.cancelNo': 'Offen lassen',
  'request.title': 'Eine Bitte um ein Geheimnis – zephr',
  'request.heading': 'Sie werden um ein Geheimnis gebeten',
  'request.intro':
    'Was Sie eingeben, wird in diesem Browser für die Person verschlüsselt, die fragt. Niemand sonst kann es öffnen, auch dieser Server nicht.',
  'request.checking': 'Die Anfrage wird geprüft …',
  'request.link': 'Ganzer Link',
  'request.from': 'Von',
  'request.fromHelp': 'Niemand hat diesen Namen geprüft. Antworten Sie nur, wenn Sie diese Anfrage erwarten.',
  'request.message': 'Worum es geht',
  'request.until': 'Die Anfrage ist offen. Sie läuft {ahead} ab.',
  'request.terms':
    'Wenn es gesendet ist, können Sie es nicht mehr sehen. Die Person, die fragt, kann es {duration} lang öffnen.',
  'request.submit': 'Verschlüsseln und senden',
  'receipt.title': 'Beleg – zephr',
  'receipt.heading': 'Was aus Ihrem Geheimnis wurde',
  'receipt.intro':
    'Das ist sein Beleg. Er zeigt, ob das Geheimnis gelesen wurde, und kann es widerrufen. Öffnen kann er es nicht.',
  'receipt.loading': 'Der Server wird gefragt …',
  'receipt.created': 'Erstellt',
  'receipt.expires': 'Läuft ab',
  'receipt.expired': 'Abgelaufen',
  'receipt.reads': 'Gelesen',
  'receipt.arrived': '{at}, und es kam an',
  'receipt.unconfirmed': '{at}; die Ankunft wurde nicht bestätigt',
  'receipt.wrong': {
    one: '{count} falsche Passphrase wurde versucht.',
    other: '{count} falsche Passphrasen wurden versucht.',
  },
  'receipt.live': 'Diese Seite zeigt Änderungen von selbst.',

  'status.waiting': 'Bisher hat es niemand gelesen.',
  'status.partly': 'Von {read} der {views} Empfänger geöffnet, zuerst {at}.',
  'status.read': 'Es wurde {at} gelesen.',
  'status.expired': 'Es ist abgelaufen. Niemand hat es gelesen.',
  'status.revoked': 'Es wurde widerrufen. Niemand kann es mehr lesen.',
  'status.checked': 'Geprüft um {time}.',

  'reveal.title': 'Ein Geheimnis für Sie – zephr',
  'reveal.heading': 'Ein Geheimnis für Sie',
  'reveal.intro': 'Sie können es einmal öffnen. Danach ist es weg: Bewahren Sie es gleich auf.',
  'reveal.incomplete':
    'Der Teil nach # fehlt: Vielleicht hat ihn die App abgeschnitten, die diesen Link geöffnet hat. Fügen Sie hier den ganzen Link ein oder den Schlüssel, wenn Sie ihn getrennt bekommen haben. Das Geheimnis bleibt verfügbar.',
  'reveal.link': 'Ganzer Link oder Schlüssel',
  'reveal.linkHelp': 'Ein getrennt geschickter Schlüssel beginnt mit v2. oder v2p. oder v1.',
  'reveal.passphrase': 'Passphrase',
  'reveal.passphraseHelp': 'Der Absender hat das Geheimnis damit geschützt.',
  'reveal.submit': 'Geheimnis anzeigen',
  'reveal.submitIn': 'Geheimnis anzeigen (in {time})',
  'reveal.working': 'Wird geöffnet …',
  'reveal.check': 'Nur prüfen, ob es noch da ist',
  'reveal.checking': 'Es wird geprüft, ob es noch da ist …',
  'reveal.stillThere': 'Es ist noch da.',
  'reveal.hint': 'Bezeichnung des Absenders',
  'reveal.waiting': 'Es bleibt verfügbar, bis Sie es anzeigen. Es läuft {ahead} ab.',
  'reveal.viewsLeft': {
    one: '{count} Empfänger kann es noch öffnen.',
    other: '{count} Empfänger können es noch öffnen.',
  },
  'reveal.unchecked': 'Es bleibt verfügbar, bis Sie es anzeigen.',
  'reveal.resume': 'Sie haben es hier geöffnet. Bis {time} können Sie es noch einmal öffnen.',
  'reveal.version1':
    'Das ist ein älterer Link (Version 1). Ob das Geheimnis noch da ist, zeigt sich erst beim Öffnen, und jeder, der die URL hat, könnte es schon aufgebraucht haben.',
  'reveal.code': 'Zugesandter Code',
  'reveal.codeSent': 'Wir haben einen Code an {to} geschickt. Er gilt 10 Minuten.',
  'reveal.codeTarget': 'Codes gehen an {to}. Nur der letzte gilt.',
  'reveal.codeResend': 'Neuen Code schicken',
  'reveal.codeResendIn': 'Neuen Code schicken (in {time})',
  'reveal.puzzle': 'Ihr Browser löst eine Rechenaufgabe für den Server …',

  'revealed.title': 'Das Geheimnis – zephr',
  'revealed.heading': 'Hier ist das Geheimnis',
  'revealed.gone':
    'Niemand sonst kann es öffnen. Kopieren Sie es oder laden Sie es herunter, bevor Sie diese Seite verlassen.',
  'revealed.viewsLeft': {
    one: 'Sie haben es geöffnet. {count} weiterer Empfänger kann den Link öffnen.',
    other: 'Sie haben es geöffnet. {count} weitere Empfänger können den Link öffnen.',
  },
  'revealed.secret': 'Geheimnis',
  'revealed.message': 'Nachricht des Absenders',
  'revealed.hint': 'Bezeichnung',
  'revealed.binary': 'Das ist eine Datei, kein Text. Laden Sie sie herunter, um sie zu behalten.',
  'revealed.hidden': 'Verborgen',
  'revealed.copy': 'Kopieren',
  'revealed.download': 'Herunterladen',
  'revealed.all': 'Alle herunterladen',
  'revealed.again': 'Noch einmal herunterladen',
  'revealed.saved': '{size}, gespeichert',
  'revealed.tooLargeHere':
    'Dieser Browser kann Dateien bis {size} speichern. Nutzen Sie den Befehl zephr oder einen Browser wie Chrome oder Edge.',
  'revealed.tooLate': 'Die Zeit zum Abholen ist vorbei, und der Server hat die Datei gelöscht.',
  'revealed.notWritten': 'Die Datei ließ sich nicht speichern. Ist der Datenträger voll?',
  'revealed.tryAgain': 'Versuchen Sie es erneut.',
  'revealed.done': 'Fertig, Seite leeren',
  'revealed.fileName': 'Geheimnis',

  'button.show': 'Anzeigen',
  'button.hide': 'Verbergen',
  'button.showPassphrase': 'Anzeigen der Passphrase',
  'button.hidePassphrase': 'Verbergen der Passphrase',
  'button.tryAgain': 'Erneut versuchen',
  'button.cancel': 'Abbrechen',
  'button.copied': 'Kopiert',
  'button.copyByKeys': 'Ihr Browser erlaubt es nicht. Es ist markiert: Drücken Sie Strg+C oder ⌘C.',
  'button.copyByMenu':
    'Ihr Browser erlaubt es nicht. Es ist markiert: Kopieren Sie es über das Menü der Auswahl.',

  'leave.secret': 'Sie haben das Geheimnis noch nicht gesichert',
  'leave.secretText':
    'Kopieren Sie es vorher oder laden Sie es herunter: Wenn Sie die Seite verlassen, kann es niemand mehr öffnen, auch Sie nicht.',
  'leave.link': 'Sie haben den Link noch nicht kopiert',
  'leave.linkText':
    'Kopieren Sie ihn vorher: Ohne ihn kann niemand Ihr Geheimnis öffnen, und diese Seite kann ihn nicht noch einmal zeigen.',
  'leave.draft': 'Sie haben das Geheimnis noch nicht geteilt',
  'leave.draftText':
    'Was Sie eingegeben haben, ist nur auf dieser Seite. Wenn Sie sie verlassen, ist es weg.',
  'leave.ask': 'Sie haben den Link noch nicht erstellt',
  'leave.askText': 'Was Sie eingegeben haben, ist nur auf dieser Seite. Wenn Sie sie verlassen, ist es weg.',
  'leave.collect': 'Sie haben den Link zu den Antworten nicht aufbewahrt',
  'leave.collectText':
    'Kopieren Sie vorher den zweiten Link: Nichts anderes öffnet die Antworten, und diese Seite kann ihn nicht noch einmal zeigen.',
  'leave.no': 'Hier bleiben',
  'leave.yes': 'Trotzdem verlassen',

  'openedHere.heading': 'Sie haben es hier geöffnet',
  'openedHere.text':
    'Es wurde {at} in diesem Tab gezeigt. Was Sie dabei nicht gesichert haben, ist weg. Wenn Sie es noch brauchen, bitten Sie den Absender um einen neuen Link.',
  'lostHere.heading': 'Gelesen, aber nicht gezeigt',
  'lostHere.text':
    'Sie wollten dieses Geheimnis {at} hier öffnen. Es wurde nicht rechtzeitig gezeigt und gilt jetzt als gelesen, wahrscheinlich durch diesen Versuch. Bitten Sie den Absender um ein neues.',
  'read.heading': 'Bereits gelesen',
  'read.text':
    'Dieses Geheimnis wurde bereits gelesen. Wenn Sie das nicht waren, sagen Sie es dem Absender: Es sollte durch ein neues ersetzt werden.',
  'read.textAt':
    'Dieses Geheimnis wurde {at} gelesen. Wenn Sie das nicht waren, sagen Sie es dem Absender: Es sollte durch ein neues ersetzt werden.',
  'expired.heading': 'Abgelaufen',
  'expired.text':
    'Niemand hat dieses Geheimnis rechtzeitig geöffnet, und es wurde gelöscht. Bitten Sie den Absender um einen neuen Link.',
  'revoked.heading': 'Widerrufen',
  'revoked.text':
    'Der Absender hat dieses Geheimnis zurückgezogen. Fragen Sie ihn, wenn Sie es noch brauchen.',
  'notFound.heading': 'Geheimnis nicht gefunden',
  'notFound.text':
    'Dieser Server kennt unter dieser Adresse kein Geheimnis. Es gab nie eines, oder es ist lange vorbei. Prüfen Sie, ob der Link vollständig ist.',
  'damaged.heading': 'Der Link ist beschädigt',
  'damaged.text':
    'Unterwegs wurde ein Teil verändert oder ging verloren. Das Geheimnis bleibt verfügbar. Kopieren Sie den ganzen Link noch einmal und fügen Sie ihn hier ein.',
  'cutOff.heading': 'Der Link wurde abgeschnitten',
  'cutOff.text':
    'Sein Ende fehlt. Das Geheimnis bleibt verfügbar. Kopieren Sie den ganzen Link noch einmal und fügen Sie ihn hier ein.',
  'tooNew.heading': 'Der Link ist zu neu',
  'tooNew.text': 'Er stammt von einem neueren zephr als diese Seite. Das Geheimnis bleibt verfügbar.',
  'decryptionFailed.heading': 'Es lässt sich nicht öffnen',
  'decryptionFailed.text':
    'Was der Server geschickt hat, wurde nicht mit diesem Schlüssel verschlüsselt. Der Schlüssel ist falsch, oder jemand hat das Geheimnis verändert. Sagen Sie es dem Absender.',
  'insecure.heading': 'Diese Verbindung ist nicht sicher',
  'insecure.text':
    'Browser verschlüsseln nur auf Seiten, die über https kommen. Setzen Sie in der Adresszeile https:// statt http:// vor diese Adresse. Wenn das nicht geht, fragen Sie den Betreiber dieses Servers.',
  'wrongKey.heading': 'Falscher Schlüssel',
  'wrongKey.text':
    'Dieser Schlüssel gehört nicht zu diesem Link. Das Geheimnis bleibt verfügbar: Prüfen Sie den Schlüssel und versuchen Sie es erneut.',
  'wrongKeyClaimed.heading': 'Falscher Schlüssel',
  'wrongKeyClaimed.text':
    'Dieser Schlüssel öffnet das Geheimnis nicht. Sie haben es jetzt und können bis {time} einen anderen versuchen. Lassen Sie diese Seite offen.',
  'wrongEither.heading': 'Falsche Passphrase oder falscher Schlüssel',
  'wrongEither.text':
    'Eines von beiden gehört nicht zu diesem Geheimnis. Das Geheimnis bleibt verfügbar: Prüfen Sie erst die Passphrase, dann den Link.',
  'wrongPassphrase.heading': 'Falsche Passphrase',
  'wrongPassphrase.text':
    'Das ist nicht die Passphrase. Das Geheimnis bleibt verfügbar: Prüfen Sie sie und versuchen Sie es erneut.',
  'tooManyAttempts.heading': 'Zu viele Versuche',
  'tooManyAttempts.text': 'Warten Sie {time}, bevor Sie es erneut versuchen. Das Geheimnis bleibt verfügbar.',
  'addressNotAllowed.heading': 'Nicht aus diesem Netz',
  'addressNotAllowed.text':
    'Der Absender lässt es nur aus anderen Netzen öffnen. Das Geheimnis bleibt verfügbar.',
  'countryNotAllowed.heading': 'Nicht aus diesem Land',
  'countryNotAllowed.text':
    'Der Absender lässt es nur aus anderen Ländern öffnen. Das Geheimnis bleibt verfügbar.',
  'tooEarly.heading': 'Zu früh',
  'tooEarly.text': 'Es lässt sich {ahead} öffnen. Bis dahin bleibt es verschlossen.',
  'noConnection.heading': 'Keine Verbindung',
  'noConnection.text':
    'Der Server war nicht zu erreichen. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.',
  'lostReply.heading': 'Die Antwort kam nicht an',
  'lostReply.text':
    'Das Geheimnis war vielleicht schon auf dem Weg zu Ihnen. Lassen Sie diese Seite offen und versuchen Sie es innerhalb einer Minute erneut: Niemand sonst kann es inzwischen bekommen.',
  'serverError.heading': 'Der Server hat ein Problem',
  'serverError.text': 'Er konnte gerade nicht antworten. Versuchen Sie es gleich noch einmal.',
  'storeFull.heading': 'Der Server ist voll',
  'storeFull.text':
    'Er hat gerade keinen Platz dafür und hat nichts davon behalten. Was Sie eingegeben haben, ist noch hier: Versuchen Sie es später erneut oder sagen Sie es dem Betreiber dieses Servers.',
  'notZephrServer.heading': 'Kein zephr-Server',
  'notZephrServer.text':
    'Was geantwortet hat, ist kein zephr-Server: Die Adresse stimmt nicht, oder etwas dazwischen hat für ihn geantwortet, etwa eine Anmeldeseite, eine Firewall oder ein Proxy.',
  'tooLarge.heading': 'Zu groß',
  'tooLarge.text': 'Dieser Server nimmt Geheimnisse bis {size} an. Ihres hat {actual}.',
  'limitReached.heading': 'Limit erreicht',
  'limitReached.text':
    'Von Ihrer Adresse können vorerst keine weiteren Geheimnisse erstellt werden. Versuchen Sie es {ahead} erneut.',
  'closed.heading': 'Links werden hier mit einem API-Schlüssel erstellt',
  'closed.text':
    'Der Betreiber dieses Servers hat das Erstellen auf Personen mit API-Schlüssel beschränkt. Wenn Sie einen haben, erstellen Sie Links mit dem Befehl zephr; wenn nicht, bitten Sie den Betreiber darum. Zum Öffnen eines Links braucht es keinen.',
  'notAllowed.heading': 'Hier nicht erlaubt',
  'notAllowed.text':
    'Dieser Server erlaubt diese Ablaufzeit nicht ohne API-Schlüssel. Wählen Sie eine andere.',
  'unexpected.heading': 'Unerwarteter Fehler',
  'unexpected.text':
    'Fehlercode: {code}. Versuchen Sie es erneut. Wenn es wieder passiert, sagen Sie es dem Betreiber dieses Servers.',
  'noPage.heading': 'Hier ist keine Seite',
  'noPage.text':
    'Die Adresse führt nirgendwohin. Wenn Sie einem Link zu einem Geheimnis gefolgt sind, kopieren Sie den ganzen Link noch einmal.',
  'requestSent.heading': 'Gesendet',
  'requestSent.text':
    'Nur die Person, die gefragt hat, kann es öffnen. Wenn sie das nicht tut, läuft es {when} ab.',
  'requestIncomplete.heading': 'Der Link ist nicht vollständig',
  'requestIncomplete.text':
    'Der Teil nach # fehlt: Vielleicht hat ihn die App abgeschnitten, die diesen Link geöffnet hat. Fügen Sie hier den ganzen Link ein.',
  'requestDamaged.heading': 'Der Link ist beschädigt',
  'requestDamaged.text':
    'Unterwegs wurde ein Teil verändert oder ging verloren. Kopieren Sie den ganzen Link noch einmal und fügen Sie ihn hier ein.',
  'requestWrongKey.heading': 'Falscher Schlüssel',
  'requestWrongKey.text':
    'Dieser Schlüssel gehört nicht zu dieser Anfrage. Kopieren Sie den ganzen Link noch einmal und öffnen Sie den.',
  'requestTampered.heading': 'Antworten Sie nicht',
  'requestTampered.text':
    'Der Server zeigt eine andere Anfrage als die, zu der Ihr Link gehört. Vielleicht hat jemand sie ausgetauscht. Es wurde nichts gesendet. Sagen Sie es der Person, die gefragt hat.',
  'requestAnswered.heading': 'Bereits beantwortet',
  'requestAnswered.text':
    'Die Anfrage nimmt keine weiteren Antworten an. Wenn Sie hier gerade eine gesendet haben, ist sie angekommen.',
  'requestExpired.heading': 'Die Anfrage ist abgelaufen',
  'requestExpired.text':
    'Sie kann nicht mehr beantwortet werden. Wird das Geheimnis noch gebraucht, bekommen Sie einen neuen Link.',
  'requestCancelled.heading': 'Die Anfrage wurde zurückgezogen',
  'requestCancelled.text':
    'Die Person, die gefragt hat, hat sie zurückgezogen. Sie brauchen nichts mehr zu tun.',
  'requestNotFound.heading': 'Anfrage nicht gefunden',
  'requestNotFound.text':
    'Dieser Server kennt unter dieser Adresse keine Anfrage. Es gab nie eine, oder sie ist lange vorbei. Prüfen Sie, ob der Link vollständig ist.',

  'error.empty': 'Es gibt noch nichts zu teilen: Geben Sie ein Geheimnis ein oder wählen Sie eine Datei.',
  'error.textMalformed': 'Der Text enthält Zeichen, die sich nicht senden lassen. Senden Sie ihn als Datei.',
  'error.fileEmpty': '„{name}“ ist leer: Es gibt nichts zu teilen.',
  'error.fileTooLarge':
    '„{name}“ ist zu groß: Das wären {actual}, und dieser Server nimmt höchstens {size} an.',
  'error.tooManyFiles': 'Es können höchstens {max} Dateien auf einmal geteilt werden.',
  'error.fileUnreadable':
    '„{name}“ ließ sich nicht lesen. Ist es ein Ordner, oder wurde die Datei verschoben?',
  'error.views': 'Die Anzahl der Empfänger ist eine ganze Zahl von 1 bis {max}.',
  'error.answers': 'Die Anzahl der Antworten ist eine ganze Zahl von 1 bis {max}.',
  'error.tooLong': 'Hier lassen sich höchstens {max} Zeichen senden.',
  'error.requestLink': 'Das ist nicht der ganze Link einer Anfrage. Kopieren Sie ihn noch einmal.',
  'error.hint': 'Die Bezeichnung hat höchstens {max} Zeichen, und keine unsichtbaren.',
  'error.fileName': '„{name}“ hat einen Namen, der sich nicht senden lässt. Benennen Sie die Datei um.',
  'error.linkMissing': 'Fügen Sie den Link oder den Schlüssel ein.',
  'error.linkDamaged': 'Das ist kein ganzer Link oder Schlüssel. Kopieren Sie ihn noch einmal.',
  'error.linkWithoutKey':
    'Bei diesem Link steht nichts nach #. Kopieren Sie ihn noch einmal oder fügen Sie den Schlüssel ein.',
  'error.linkElsewhere': 'Dieser Link gehört zu {server}. Öffnen Sie ihn dort.',
  'error.passphraseMissing': 'Geben Sie die Passphrase ein.',
  'error.passphraseMalformed': 'Die Passphrase enthält Zeichen, die sich nicht verwenden lassen.',
  'error.code': 'Der Code hat sechs Ziffern.',
  'error.codeWrong': 'Das ist nicht der richtige Code. Das Geheimnis bleibt verfügbar.',
  'error.codeOver': 'Dieser Code gilt nicht mehr. Lassen Sie sich einen neuen schicken.',
  'time.today': 'heute um {time}',
  'time.tomorrow': 'morgen um {time}',
  'time.yesterday': 'gestern um {time}',
  'time.date': 'am {date} um {time}',
  'time.ahead': '{when} ({in})',
  'verify.title': 'Echtheit prüfen – zephr',
  'verify.heading': 'Echtheit prüfen',
  'verify.intro':
    'Finden Sie heraus, ob dieser Server Ihnen die Seite geschickt hat, die aus dem veröffentlichten Quelltext entsteht.',
  'verify.why': 'Wozu das gut ist',
  'verify.whyText':
    'Diese Seite verschlüsselt in Ihrem Browser, Sie verlassen sich also auf ihren Code. Wer den Server kontrolliert, könnte diesen Code ändern. Wenn Sie ihn mit dem Quelltext vergleichen, bemerken Sie das.',
  'verify.how': 'So geht es',
  'verify.howText':
    'Holen Sie den Quelltext der Version, die dieser Server ausführt, und geben Sie dort diese Befehle ein. Sie erzeugen die Liste der Prüfsummen selbst, laden die Dateien von diesem Server und vergleichen beides. Eine Seite kann nicht für sich selbst bürgen: Vergleichen Sie nicht hier.',
  'verify.list': 'Die Prüfsummen, die dieser Server nennt',
  'verify.listText': 'SHA-256 jeder Datei der Seite. Die Liste aus Ihrem eigenen Build muss gleich sein.',
  'verify.file': 'Die Liste als Datei',
  'verify.limits': 'Was das nicht sagt',
  'verify.limitsText':
    'Es gilt für die Dateien, die Sie diesmal bekommen haben, nicht für das, was andere bekommen oder Sie beim nächsten Mal. Der Befehl zephr führt keinen Code von einem Server aus.',
};
