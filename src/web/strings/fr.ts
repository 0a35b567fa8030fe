/** All texts of the page, in French. */

import type { Texts } from './en.js';

export const fr: Texts = {
  'page.skip': 'Aller au contenu',
  'page.promise': 'Chiffré dans votre navigateur. La clé ne parvient jamais au serveur.',
  'page.verify': 'Vérifier cette page',
  'page.language': 'Langue',
  'page.shareOwn': 'Partager un secret à votre tour',
  'page.notStarted': 'Cette page n’a pas démarré',
  'page.notStartedWhy':
    'Elle chiffre et déchiffre dans votre navigateur et a besoin de JavaScript pour cela. Son script a été bloqué, modifié en chemin, ou n’est pas encore arrivé.',
  'page.notStartedAdvice':
    'Rien n’a été envoyé ni ouvert. Rechargez la page, autorisez JavaScript pour ce site ou essayez un autre navigateur. La commande zephr get ouvre les liens sans navigateur.',
  'page.description': 'Chiffré de bout en bout, ouvert une fois, puis disparu.',
  'page.ogCreate': 'Partager un secret, une seule fois',
  'page.ogReveal': 'Un secret, à ouvrir une seule fois',
  'page.ogVerify': 'Vérifier cette page',

  'create.title': 'Partager un secret – zephr',
  'create.heading': 'Partager un secret, une seule fois',
  'create.intro':
    'Il est chiffré avant de quitter ce navigateur. Votre lien l’ouvre une fois, puis il disparaît.',
  'create.secret': 'Votre secret',
  'create.dropHere': 'Déposez les fichiers ici',
  'create.orFile': 'Ou déposez des fichiers ici.',
  'create.limit': '{size} maximum.',
  'create.chooseFile': 'Choisir des fichiers',
  'create.generate': 'Générer un mot de passe',
  'create.files': 'Fichiers',
  'create.removeFile': 'Retirer',
  'create.expiry': 'Expire après',
  'create.split': 'Séparer l’URL et la clé',
  'create.splitHelp':
    'Envoyez-les par deux canaux différents, par exemple courriel et téléphone. Seule, aucune n’ouvre quoi que ce soit.',
  'create.more': 'Plus d’options',
  'create.passphrase': 'Phrase secrète',
  'create.passphraseHelp': 'Le destinataire doit la connaître aussi. Ne l’envoyez pas avec le lien.',
  'create.generatePassphrase': 'Proposer six mots',
  'create.views': 'Nombre de destinataires',
  'create.viewsHelp': 'De 1 à {max}. Chacun peut ouvrir le lien une fois.',
  'create.message': 'Message pour le destinataire',
  'create.messageHelp': 'Chiffré lui aussi, et affiché avec le secret.',
  'create.hint': 'Libellé',
  'create.hintHelp':
    'Affiché avant l’ouverture, pour dire à quoi sert le secret. Il n’est pas chiffré : le serveur peut le voir.',
  'create.submit': 'Créer le lien',
  'create.working': 'Chiffrement…',
  'create.progress': '{sent} sur {size} envoyés',

  'created.title': 'Votre lien – zephr',
  'created.heading': 'Votre lien est prêt',
  'created.headingSplit': 'Votre URL et votre clé sont prêtes',
  'created.intro': {
    one: 'Envoyez-le au destinataire. Ne l’ouvrez pas vous-même : il ne peut être ouvert qu’une fois.',
    other: 'Envoyez-le aux destinataires. Il peut être ouvert {count} fois.',
  },
  'created.introSplit': {
    one: 'Envoyez l’URL et la clé par deux canaux différents. Ensemble, elles ouvrent le secret une fois.',
    other:
      'Envoyez l’URL et la clé par deux canaux différents. Ensemble, elles ouvrent le secret {count} fois.',
  },
  'created.link': 'Lien',
  'created.url': 'URL',
  'created.key': 'Clé',
  'created.copyLink': 'Copier le lien',
  'created.copyUrl': 'Copier l’URL',
  'created.copyKey': 'Copier la clé',
  'created.share': 'Partager…',
  'created.qrLink': 'Code QR du lien',
  'created.qrUrl': 'Code QR de l’URL, sans la clé',
  'created.expires': 'Expire {ahead}.',
  'created.passphrase': 'Le destinataire a aussi besoin de la phrase secrète.',
  'created.check': 'Vérifier s’il a été lu',
  'created.revoke': 'Révoquer',
  'created.revokeConfirm': 'Plus personne ne pourra le lire.',
  'created.revokeYes': 'Oui, le révoquer',
  'created.revokeNo': 'Le garder',
  'created.another': 'Partager un autre secret',

  'status.waiting': 'Personne ne l’a encore lu.',
  'status.partly': 'Ouvert par {read} destinataires sur {views}, la première fois {at}.',
  'status.read': 'Il a été lu {at}.',
  'status.expired': 'Il a expiré. Personne ne l’a lu.',
  'status.revoked': 'Il a été révoqué. Plus personne ne peut le lire.',
  'status.checked': 'Vérifié à {time}.',

  'reveal.title': 'Un secret pour vous – zephr',
  'reveal.heading': 'Un secret pour vous',
  'reveal.intro': 'Vous pouvez l’ouvrir une seule fois. Ensuite il disparaît : conservez-le aussitôt.',
  'reveal.incomplete':
    'La partie après # manque : l’application qui a ouvert ce lien l’a peut-être coupée. Collez ici le lien entier, ou la clé si vous l’avez reçue séparément. Le secret reste disponible.',
  'reveal.link': 'Lien entier, ou clé',
  'reveal.linkHelp': 'Une clé envoyée séparément du lien commence par v2. ou v2p. ou v1.',
  'reveal.passphrase': 'Phrase secrète',
  'reveal.passphraseHelp': 'L’expéditeur s’en est servi pour protéger le secret.',
  'reveal.submit': 'Révéler le secret',
  'reveal.submitIn': 'Révéler le secret (dans {time})',
  'reveal.working': 'Ouverture…',
  'reveal.check': 'Vérifier seulement s’il est encore là',
  'reveal.checking': 'Vérification en cours…',
  'reveal.stillThere': 'Il est encore là.',
  'reveal.hint': 'Libellé de l’expéditeur',
  'reveal.waiting': 'Il reste disponible tant que vous ne le révélez pas. Il expire {ahead}.',
  'reveal.viewsLeft': {
    one: '{count} destinataire peut encore l’ouvrir.',
    other: '{count} destinataires peuvent encore l’ouvrir.',
  },
  'reveal.unchecked': 'Il reste disponible tant que vous ne le révélez pas.',
  'reveal.resume': 'Vous l’avez ouvert ici. Vous pouvez l’ouvrir encore une fois jusqu’à {time}.',
  'reveal.version1':
    'C’est un ancien lien (version 1). Seule l’ouverture dira si le secret est encore là, et quiconque a l’URL a pu l’épuiser.',

  'revealed.title': 'Le secret – zephr',
  'revealed.heading': 'Voici le secret',
  'revealed.gone':
    'Personne d’autre ne peut l’ouvrir. Copiez-le ou téléchargez-le avant de quitter cette page.',
  'revealed.viewsLeft': {
    one: 'Vous l’avez ouvert. {count} autre destinataire peut ouvrir le lien.',
    other: 'Vous l’avez ouvert. {count} autres destinataires peuvent ouvrir le lien.',
  },
  'revealed.secret': 'Secret',
  'revealed.message': 'Message de l’expéditeur',
  'revealed.hint': 'Libellé',
  'revealed.binary': 'C’est un fichier et non du texte. Téléchargez-le pour le conserver.',
  'revealed.hidden': 'Masqué',
  'revealed.copy': 'Copier',
  'revealed.download': 'Télécharger',
  'revealed.all': 'Tout télécharger',
  'revealed.again': 'Télécharger à nouveau',
  'revealed.saved': '{size}, enregistré',
  'revealed.tooLargeHere':
    'Ce navigateur peut enregistrer des fichiers de {size} maximum. Utilisez la commande zephr, ou un navigateur comme Chrome ou Edge.',
  'revealed.tooLate': 'Le délai pour le récupérer est passé, et le serveur l’a détruit.',
  'revealed.notWritten': 'Le fichier n’a pas pu être écrit. Le disque est-il plein ?',
  'revealed.tryAgain': 'Réessayez.',
  'revealed.done': 'Terminé, vider la page',
  'revealed.fileName': 'secret',

  'button.show': 'Afficher',
  'button.hide': 'Masquer',
  'button.showPassphrase': 'Afficher la phrase secrète',
  'button.hidePassphrase': 'Masquer la phrase secrète',
  'button.tryAgain': 'Réessayer',
  'button.cancel': 'Annuler',
  'button.copied': 'Copié',
  'button.copyByKeys':
    'Votre navigateur ne le permet pas. Le texte est sélectionné : appuyez sur Ctrl+C ou ⌘C.',
  'button.copyByMenu':
    'Votre navigateur ne le permet pas. Le texte est sélectionné : copiez-le avec le menu de la sélection.',

  'leave.secret': 'Vous n’avez pas conservé le secret',
  'leave.secretText':
    'Copiez-le ou téléchargez-le d’abord : après votre départ, plus personne ne pourra l’ouvrir, pas même vous.',
  'leave.link': 'Vous n’avez pas copié le lien',
  'leave.linkText':
    'Copiez-le d’abord : sans lui, personne ne peut ouvrir votre secret, et cette page ne pourra plus le montrer.',
  'leave.draft': 'Vous n’avez pas encore partagé le secret',
  'leave.draftText': 'Ce que vous avez saisi n’est que sur cette page. Si vous la quittez, ce sera perdu.',
  'leave.no': 'Rester ici',
  'leave.yes': 'Partir quand même',

  'openedHere.heading': 'Vous l’avez ouvert ici',
  'openedHere.text':
    'Il a été affiché dans cet onglet {at}. Ce que vous n’avez pas conservé alors est perdu. S’il vous le faut encore, demandez un nouveau lien à l’expéditeur.',
  'lostHere.heading': 'Lu, mais pas affiché',
  'lostHere.text':
    'Vous avez essayé d’ouvrir ce secret ici {at}. Il n’a pas été affiché à temps, et il est maintenant lu, sans doute par cette tentative. Demandez-en un nouveau à l’expéditeur.',
  'read.heading': 'Déjà lu',
  'read.text':
    'Ce secret a déjà été lu. Si ce n’était pas vous, prévenez l’expéditeur : il faut le remplacer par un nouveau.',
  'read.textAt':
    'Ce secret a été lu {at}. Si ce n’était pas vous, prévenez l’expéditeur : il faut le remplacer par un nouveau.',
  'expired.heading': 'Le secret a expiré',
  'expired.text':
    'Personne n’a ouvert ce secret à temps, et il a été détruit. Demandez un nouveau lien à l’expéditeur.',
  'revoked.heading': 'Révoqué',
  'revoked.text': 'L’expéditeur a retiré ce secret. Demandez-lui si vous en avez encore besoin.',
  'notFound.heading': 'Secret introuvable',
  'notFound.text':
    'Ce serveur ne connaît aucun secret à cette adresse. Il n’a jamais existé, ou il a pris fin depuis longtemps. Vérifiez que le lien est complet.',
  'damaged.heading': 'Le lien est endommagé',
  'damaged.text':
    'Une partie a été modifiée ou perdue en chemin. Le secret reste disponible. Copiez à nouveau le lien entier et collez-le ici.',
  'cutOff.heading': 'Le lien est coupé',
  'cutOff.text':
    'Sa fin manque. Le secret reste disponible. Copiez à nouveau le lien entier et collez-le ici.',
  'tooNew.heading': 'Le lien est trop récent',
  'tooNew.text': 'Il vient d’un zephr plus récent que cette page. Le secret reste disponible.',
  'decryptionFailed.heading': 'Il ne s’ouvre pas',
  'decryptionFailed.text':
    'Ce que le serveur a envoyé n’a pas été chiffré avec cette clé. La clé est incorrecte, ou quelqu’un a modifié le secret. Prévenez l’expéditeur.',
  'insecure.heading': 'Cette connexion n’est pas sûre',
  'insecure.text':
    'Les navigateurs ne chiffrent que sur les pages servies en https. Dans la barre d’adresse, mettez https:// au lieu de http:// devant cette adresse. Si cela ne marche pas, demandez à la personne qui gère ce serveur.',
  'wrongKey.heading': 'Clé incorrecte',
  'wrongKey.text':
    'Cette clé n’est pas celle de ce lien. Le secret reste disponible : vérifiez la clé et réessayez.',
  'wrongKeyClaimed.heading': 'Clé incorrecte',
  'wrongKeyClaimed.text':
    'Cette clé n’ouvre pas le secret. Vous le détenez maintenant et pouvez en essayer une autre jusqu’à {time}. Gardez cette page ouverte.',
  'wrongEither.heading': 'Phrase secrète ou clé incorrecte',
  'wrongEither.text':
    'L’une des deux n’est pas celle de ce secret. Le secret reste disponible : vérifiez d’abord la phrase secrète, puis le lien.',
  'wrongPassphrase.heading': 'Phrase secrète incorrecte',
  'wrongPassphrase.text':
    'Ce n’est pas la bonne phrase secrète. Le secret reste disponible : vérifiez-la et réessayez.',
  'tooManyAttempts.heading': 'Trop de tentatives',
  'tooManyAttempts.text': 'Attendez {time} avant de réessayer. Le secret reste disponible.',
  'noConnection.heading': 'Pas de connexion',
  'noConnection.text': 'Le serveur n’a pas pu être joint. Vérifiez votre connexion et réessayez.',
  'lostReply.heading': 'La réponse n’est pas arrivée',
  'lostReply.text':
    'Le secret était peut-être en route vers vous. Gardez cette page ouverte et réessayez dans la minute : personne d’autre ne peut l’obtenir entre-temps.',
  'serverError.heading': 'Le serveur a un problème',
  'serverError.text': 'Il n’a pas pu répondre. Réessayez dans un instant.',
  'notZephrServer.heading': 'Ce n’est pas un serveur zephr',
  'notZephrServer.text':
    'Ce qui a répondu n’est pas un serveur zephr : l’adresse est fausse, ou autre chose a répondu à sa place, comme une page de connexion, un pare-feu ou un proxy.',
  'tooLarge.heading': 'Trop volumineux',
  'tooLarge.text': 'Ce serveur accepte des secrets de {size} maximum. Le vôtre fait {actual}.',
  'limitReached.heading': 'Limite atteinte',
  'limitReached.text': 'Votre adresse ne peut pas créer d’autre secret pour l’instant. Réessayez {ahead}.',
  'closed.heading': 'Ici, les liens se créent avec une clé d’API',
  'closed.text':
    'La personne qui gère ce serveur réserve la création aux détenteurs d’une clé d’API. Si vous en avez une, créez vos liens avec la commande zephr ; sinon, demandez-en une. Ouvrir un lien n’en demande pas.',
  'notAllowed.heading': 'Non autorisé ici',
  'notAllowed.text': 'Ce serveur n’autorise pas cette durée sans clé d’API. Choisissez-en une autre.',
  'unexpected.heading': 'Erreur inattendue',
  'unexpected.text':
    'Code d’erreur : {code}. Réessayez. Si cela se reproduit, prévenez la personne qui gère ce serveur.',
  'noPage.heading': 'Il n’y a pas de page ici',
  'noPage.text':
    'Cette adresse ne mène nulle part. Si vous avez suivi un lien vers un secret, copiez à nouveau le lien entier.',

  'error.empty': 'Il n’y a encore rien à partager : saisissez un secret ou choisissez un fichier.',
  'error.textMalformed':
    'Le texte contient des caractères impossibles à envoyer. Envoyez-le sous forme de fichier.',
  'error.fileEmpty': '« {name} » est vide : il n’y a rien à partager.',
  'error.fileTooLarge':
    '« {name} » est trop volumineux : cela ferait {actual}, et ce serveur accepte {size} maximum.',
  'error.tooManyFiles': '{max} fichiers maximum peuvent être partagés à la fois.',
  'error.fileUnreadable': '« {name} » n’a pas pu être lu. Est-ce un dossier, ou a-t-il été déplacé ?',
  'error.views': 'Le nombre de destinataires est un entier de 1 à {max}.',
  'error.hint': 'Le libellé a {max} caractères maximum, tous visibles.',
  'error.fileName': 'Le nom de « {name} » ne peut pas être envoyé. Renommez le fichier.',
  'error.linkMissing': 'Collez le lien ou la clé.',
  'error.linkDamaged': 'Ce n’est ni un lien entier ni une clé entière. Copiez-le à nouveau.',
  'error.linkWithoutKey': 'Ce lien n’a rien après #. Copiez-le à nouveau, ou collez la clé.',
  'error.linkElsewhere': 'Ce lien est pour {server}. Ouvrez-le là-bas.',
  'error.passphraseMissing': 'Saisissez la phrase secrète.',
  'error.passphraseMalformed': 'La phrase secrète contient des caractères impossibles à utiliser.',
  'time.today': 'aujourd’hui à {time}',
  'time.tomorrow': 'demain à {time}',
  'time.yesterday': 'hier à {time}',
  'time.date': 'le {date} à {time}',
  'time.ahead': '{when}, {in}',
  'verify.title': 'Vérifier cette page – zephr',
  'verify.heading': 'Vérifier cette page',
  'verify.intro': 'Vérifiez que ce serveur vous a bien envoyé la page issue du code source publié.',
  'verify.why': 'À quoi cela sert',
  'verify.whyText':
    'Cette page chiffre dans votre navigateur : vous vous fiez donc à son code. Qui contrôle le serveur pourrait modifier ce code. En le comparant au code source, vous remarquez une modification.',
  'verify.how': 'Comment faire',
  'verify.howText':
    'Récupérez le code source de la version que ce serveur exécute, et lancez-y ces commandes. Elles établissent elles-mêmes la liste des empreintes, téléchargent les fichiers de ce serveur et comparent le tout. Une page ne peut pas se porter garante d’elle-même : ne comparez pas ici.',
  'verify.list': 'Les empreintes annoncées par ce serveur',
  'verify.listText':
    'SHA-256 de chaque fichier de la page. La liste de votre propre compilation doit être identique.',
  'verify.file': 'La liste dans un fichier',
  'verify.limits': 'Ce que cela ne dit pas',
  'verify.limitsText':
    'Cela vaut pour les fichiers reçus cette fois, pas pour ceux que d’autres reçoivent, ni pour votre prochaine visite. La commande zephr n’exécute aucun code venu d’un serveur.',
};
