/** All texts of the page, in German. */

import type { Texts } from './en.js';

export const de: Texts = {
  'page.skip': 'Zum Inhalt springen',
  'page.promise': 'In Ihrem Browser verschlüsselt. Der Schlüssel erreicht den Server nie.',
  'page.hashes': 'Diese Seite vergleichen',
  'page.shareOwn': 'Selbst ein Geheimnis teilen',
  'page.noScript':
    'Diese Seite braucht JavaScript: Sie ver- und entschlüsselt in Ihrem Browser. Ohne JavaScript hilft der Befehl: zephr get',

  'create.title': 'Ein Geheimnis teilen – zephr',
  'create.heading': 'Ein Geheimnis teilen, genau einmal',
  'create.intro':
    'Es wird verschlüsselt, bevor es diesen Browser verlässt. Ihr Link öffnet es einmal, dann ist es weg.',
  'create.secret': 'Ihr Geheimnis',
  'create.dropHere': 'Datei hier ablegen',
  'create.orFile': 'Oder eine Datei hier ablegen.',
  'create.limit': 'Höchstens {size}.',
  'create.chooseFile': 'Datei auswählen',
  'create.removeFile': 'Datei entfernen',
  'create.expiry': 'Läuft ab nach',
  'create.split': 'URL und Schlüssel trennen',
  'create.splitHelp':
    'Schicken Sie beide auf zwei verschiedenen Wegen, etwa per E-Mail und Telefon. Einzeln öffnen sie nichts.',
  'create.more': 'Weitere Optionen',
  'create.passphrase': 'Passphrase',
  'create.passphraseHelp': 'Auch wer liest, muss sie kennen. Schicken Sie sie nicht mit dem Link.',
  'create.views': 'Anzahl der Leser',
  'create.viewsHelp': 'Von 1 bis {max}. Jeder kann den Link einmal öffnen.',
  'create.hint': 'Hinweis',
  'create.hintHelp': 'Eine Bezeichnung für den Leser. Der Server kann sie sehen.',
  'create.submit': 'Verschlüsseln & teilen',
  'create.working': 'Wird verschlüsselt …',

  'created.title': 'Ihr Link – zephr',
  'created.heading': 'Ihr Link ist fertig',
  'created.headingSplit': 'URL und Schlüssel sind fertig',
  'created.intro': {
    one: 'Schicken Sie ihn dem Leser. Öffnen Sie ihn nicht selbst: Er funktioniert einmal.',
    other: 'Schicken Sie ihn den Lesern. Er funktioniert {count}-mal.',
  },
  'created.introSplit': {
    one: 'Schicken Sie URL und Schlüssel auf zwei verschiedenen Wegen. Zusammen funktionieren sie einmal.',
    other:
      'Schicken Sie URL und Schlüssel auf zwei verschiedenen Wegen. Zusammen funktionieren sie {count}-mal.',
  },
  'created.link': 'Link',
  'created.url': 'URL',
  'created.key': 'Schlüssel',
  'created.copyLink': 'Link kopieren',
  'created.copyUrl': 'URL kopieren',
  'created.copyKey': 'Schlüssel kopieren',
  'created.qrLink': 'QR-Code des Links',
  'created.qrUrl': 'QR-Code der URL, ohne den Schlüssel',
  'created.expires': 'Läuft {in} ab: {at}.',
  'created.passphrase': 'Der Leser braucht außerdem die Passphrase.',
  'created.check': 'Prüfen, ob es gelesen wurde',
  'created.revoke': 'Widerrufen',
  'created.revokeConfirm': 'Danach kann es niemand mehr lesen.',
  'created.revokeYes': 'Ja, widerrufen',
  'created.revokeNo': 'Behalten',
  'created.another': 'Noch ein Geheimnis teilen',

  'status.waiting': 'Noch hat es niemand gelesen.',
  'status.partly': 'Von {read} der {views} Leser geöffnet, zuerst: {at}.',
  'status.read': 'Es wurde gelesen: {at}.',
  'status.expired': 'Es ist abgelaufen. Niemand hat es gelesen.',
  'status.revoked': 'Es ist widerrufen. Niemand kann es mehr lesen.',
  'status.checked': 'Stand: {time}.',

  'reveal.title': 'Ein Geheimnis für Sie – zephr',
  'reveal.heading': 'Ein Geheimnis für Sie',
  'reveal.intro': 'Sie können es einmal ansehen. Dann ist es weg: Sichern Sie es gleich.',
  'reveal.incomplete':
    'Der Teil nach # fehlt: Vielleicht hat ihn die App abgeschnitten, die diesen Link geöffnet hat. Fügen Sie hier den ganzen Link ein, oder den Schlüssel, wenn Sie ihn getrennt bekommen haben. Es ist nichts verbraucht.',
  'reveal.link': 'Ganzer Link oder Schlüssel',
  'reveal.linkHelp': 'Ein Schlüssel, der getrennt vom Link kommt, beginnt mit v2. oder v2p. oder v1.',
  'reveal.passphrase': 'Passphrase',
  'reveal.passphraseHelp': 'Der Absender hat das Geheimnis damit geschützt.',
  'reveal.submit': 'Geheimnis anzeigen',
  'reveal.submitIn': 'Geheimnis anzeigen (in {time})',
  'reveal.working': 'Wird geöffnet …',
  'reveal.check': 'Nur prüfen, ob es noch da ist',
  'reveal.checking': 'Es wird geprüft, ob es noch da ist …',
  'reveal.stillThere': 'Es ist noch da.',
  'reveal.waiting': 'Solange Sie es nicht anzeigen, wird nichts verbraucht. Es läuft {in} ab: {at}.',
  'reveal.viewsLeft': {
    one: '{count} Leser kann es noch öffnen.',
    other: '{count} Leser können es noch öffnen.',
  },
  'reveal.unchecked': 'Solange Sie es nicht anzeigen, wird nichts verbraucht.',
  'reveal.resume': 'Sie haben es hier geöffnet. Bis {time} können Sie es noch einmal ansehen.',
  'reveal.version1':
    'Das ist ein älterer Link (Version 1). Ob das Geheimnis noch da ist, zeigt sich erst beim Lesen, und jeder, der die URL hat, könnte es verbraucht haben.',

  'revealed.title': 'Das Geheimnis – zephr',
  'revealed.heading': 'Hier ist das Geheimnis',
  'revealed.gone':
    'Niemand sonst kann es öffnen. Kopieren Sie es oder laden Sie es herunter, bevor Sie diese Seite verlassen.',
  'revealed.viewsLeft': {
    one: 'Das war Ihr Blick. {count} weiterer Leser kann den Link öffnen.',
    other: 'Das war Ihr Blick. {count} weitere Leser können den Link öffnen.',
  },
  'revealed.secret': 'Geheimnis',
  'revealed.message': 'Nachricht des Absenders',
  'revealed.hint': 'Hinweis',
  'revealed.binary': 'Das ist eine Datei und kein Text. Laden Sie sie herunter, um sie zu behalten.',
  'revealed.hidden': 'Verborgen',
  'revealed.copy': 'Kopieren',
  'revealed.download': 'Herunterladen',
  'revealed.done': 'Fertig, Seite leeren',
  'revealed.fileName': 'Geheimnis',

  'button.show': 'Anzeigen',
  'button.hide': 'Verbergen',
  'button.showPassphrase': 'Anzeigen der Passphrase',
  'button.hidePassphrase': 'Verbergen der Passphrase',
  'button.tryAgain': 'Erneut versuchen',
  'button.copied': 'Kopiert',
  'button.copyFailed': 'Ihr Browser erlaubt es nicht. Es ist markiert: Drücken Sie Strg+C oder ⌘C.',

  'leave.secret': 'Sie haben das Geheimnis noch nicht gesichert',
  'leave.secretText':
    'Kopieren Sie es vorher oder laden Sie es herunter: Wenn Sie gehen, kann es niemand mehr öffnen, auch Sie nicht.',
  'leave.link': 'Sie haben den Link noch nicht kopiert',
  'leave.linkText':
    'Kopieren Sie ihn vorher: Ohne ihn kann niemand Ihr Geheimnis öffnen, und diese Seite kann ihn nicht noch einmal zeigen.',
  'leave.no': 'Hier bleiben',
  'leave.yes': 'Trotzdem gehen',

  'openedHere.heading': 'Sie haben es hier geöffnet',
  'openedHere.text':
    'Es wurde in diesem Tab gezeigt: {at}. Was Sie dabei nicht gesichert haben, ist weg. Wenn Sie es noch brauchen, bitten Sie den Absender um einen neuen Link.',
  'lostHere.heading': 'Gelesen, aber nicht gezeigt',
  'lostHere.text':
    'Sie wollten dieses Geheimnis hier öffnen: {at}. Es wurde nicht rechtzeitig gezeigt, und jetzt ist es gelesen, wahrscheinlich durch diesen Versuch. Bitten Sie den Absender um ein neues.',
  'read.heading': 'Schon gelesen',
  'read.text':
    'Dieses Geheimnis wurde schon gelesen. Wenn Sie das nicht waren, sagen Sie es dem Absender: Es sollte durch ein neues ersetzt werden.',
  'read.textAt':
    'Dieses Geheimnis wurde gelesen: {at}. Wenn Sie das nicht waren, sagen Sie es dem Absender: Es sollte durch ein neues ersetzt werden.',
  'expired.heading': 'Abgelaufen',
  'expired.text':
    'Niemand hat dieses Geheimnis rechtzeitig geöffnet, und es wurde vernichtet. Bitten Sie den Absender um einen neuen Link.',
  'revoked.heading': 'Widerrufen',
  'revoked.text':
    'Der Absender hat dieses Geheimnis zurückgenommen. Fragen Sie ihn, wenn Sie es noch brauchen.',
  'notFound.heading': 'Kein solches Geheimnis',
  'notFound.text':
    'Dieser Server kennt kein Geheimnis mit dieser Adresse. Es gab es nie, oder es ist lange vorbei. Prüfen Sie, ob der Link vollständig ist.',
  'damaged.heading': 'Der Link ist beschädigt',
  'damaged.text':
    'Unterwegs wurde ein Teil verändert oder ging verloren. Es ist nichts verbraucht. Kopieren Sie den ganzen Link noch einmal und fügen Sie ihn hier ein.',
  'cutOff.heading': 'Der Link ist abgeschnitten',
  'cutOff.text':
    'Sein Ende fehlt. Es ist nichts verbraucht. Kopieren Sie den ganzen Link noch einmal und fügen Sie ihn hier ein.',
  'tooNew.heading': 'Der Link ist zu neu',
  'tooNew.text': 'Er stammt von einem neueren zephr als diese Seite. Es ist nichts verbraucht.',
  'decryptionFailed.heading': 'Es lässt sich nicht öffnen',
  'decryptionFailed.text':
    'Was der Server schickte, wurde nicht mit diesem Schlüssel versiegelt. Der Schlüssel ist falsch, oder jemand hat das Geheimnis verändert. Sagen Sie es dem Absender.',
  'insecure.heading': 'Diese Verbindung ist nicht sicher',
  'insecure.text':
    'Browser verschlüsseln nur auf Seiten, die über https kommen. Öffnen Sie diese Seite mit https:// am Anfang.',
  'wrongKey.heading': 'Falscher Schlüssel',
  'wrongKey.text':
    'Dieser Schlüssel gehört nicht zu diesem Link. Es ist nichts verbraucht: Prüfen Sie ihn und versuchen Sie es erneut.',
  'wrongKeyClaimed.heading': 'Falscher Schlüssel',
  'wrongKeyClaimed.text':
    'Dieser Schlüssel öffnet das Geheimnis nicht. Sie haben es jetzt und können bis {time} einen anderen versuchen. Lassen Sie diese Seite offen.',
  'wrongEither.heading': 'Falsche Passphrase oder falscher Schlüssel',
  'wrongEither.text':
    'Eines davon gehört nicht zu diesem Geheimnis. Es ist nichts verbraucht: Prüfen Sie erst die Passphrase, dann den Link.',
  'wrongPassphrase.heading': 'Falsche Passphrase',
  'wrongPassphrase.text':
    'Das ist nicht die Passphrase. Es ist nichts verbraucht: Prüfen Sie sie und versuchen Sie es erneut.',
  'tooManyAttempts.heading': 'Zu viele falsche Versuche',
  'tooManyAttempts.text': 'Warten Sie {time}, bevor Sie es erneut versuchen. Es ist nichts verbraucht.',
  'noConnection.heading': 'Keine Verbindung',
  'noConnection.text': 'Der Server war nicht zu erreichen. Prüfen Sie Ihr Netz und versuchen Sie es erneut.',
  'lostReply.heading': 'Die Antwort kam nicht an',
  'lostReply.text':
    'Das Geheimnis war vielleicht schon auf dem Weg zu Ihnen. Lassen Sie diese Seite offen und versuchen Sie es innerhalb einer Minute erneut: Niemand sonst kann es inzwischen bekommen.',
  'serverError.heading': 'Der Server hat Schwierigkeiten',
  'serverError.text': 'Er konnte seine Arbeit gerade nicht tun. Versuchen Sie es gleich noch einmal.',
  'notZephrServer.heading': 'Kein zephr-Server',
  'notZephrServer.text':
    'Was geantwortet hat, ist kein zephr-Server: Die Adresse stimmt nicht, oder etwas dazwischen hat für ihn geantwortet, etwa eine Anmeldeseite, eine Firewall oder ein Proxy.',
  'tooLarge.heading': 'Zu groß',
  'tooLarge.text': 'Dieser Server nimmt Geheimnisse bis {size}. Ihres hat {actual}.',
  'limitReached.heading': 'Grenze erreicht',
  'limitReached.text':
    'Von Ihrer Adresse können vorerst keine weiteren Geheimnisse angelegt werden. Versuchen Sie es {in} erneut: {at}.',
  'closed.heading': 'Dieser Server verlangt einen API-Schlüssel',
  'closed.text':
    'Geheimnisse werden hier nur mit einem API-Schlüssel angelegt, den diese Seite nicht annimmt: Nutzen Sie den Befehl zephr. Lesen geht ohne.',
  'notAllowed.heading': 'Hier nicht erlaubt',
  'notAllowed.text':
    'Dieser Server erlaubt diese Ablaufzeit nicht ohne API-Schlüssel. Wählen Sie eine andere.',
  'unexpected.heading': 'Etwas ist schiefgegangen',
  'unexpected.text':
    'Das war nicht vorgesehen ({code}). Versuchen Sie es erneut, und wenn es dabei bleibt, sagen Sie es dem Betreiber dieses Servers.',

  'error.empty': 'Es gibt noch nichts zu teilen: Geben Sie ein Geheimnis ein oder wählen Sie eine Datei.',
  'error.textMalformed': 'Der Text enthält Zeichen, die sich nicht senden lassen. Senden Sie ihn als Datei.',
  'error.fileUnreadable': 'Die Datei ließ sich nicht lesen. Ist sie ein Ordner, oder wurde sie verschoben?',
  'error.views': 'Die Anzahl der Leser ist eine ganze Zahl von 1 bis {max}.',
  'error.hint': 'Der Hinweis hat höchstens {max} Zeichen, und keine, die man nicht sieht.',
  'error.fileName': 'Der Name der Datei lässt sich nicht senden. Benennen Sie sie um.',
  'error.linkMissing': 'Fügen Sie den Link oder den Schlüssel ein.',
  'error.linkDamaged': 'Das ist kein ganzer Link oder Schlüssel. Kopieren Sie ihn noch einmal.',
  'error.linkWithoutKey':
    'Bei diesem Link steht nichts nach #. Kopieren Sie ihn noch einmal, oder fügen Sie den Schlüssel ein.',
  'error.linkElsewhere': 'Dieser Link gehört zu {server}. Öffnen Sie ihn dort.',
  'error.passphraseMissing': 'Geben Sie die Passphrase ein.',
  'error.passphraseMalformed': 'Die Passphrase enthält Zeichen, die sich nicht verwenden lassen.',
};
