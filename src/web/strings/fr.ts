/** All texts of the page, in French. */

import type { Texts } from './en.js';

export const fr: Texts = {
  'page.skip': 'Aller au contenu',
  'page.promise': 'Chiffré dans votre navigateur. La clé n’atteint jamais le serveur.',
  'page.hashes': 'Comparer cette page',
  'page.shareOwn': 'Partager un secret à votre tour',
  'page.noScript':
    'Cette page a besoin de JavaScript : elle chiffre et déchiffre dans votre navigateur. Sans lui, utilisez la commande : zephr get',

  'create.title': 'Partager un secret – zephr',
  'create.heading': 'Partager un secret, une seule fois',
  'create.intro':
    'Il est chiffré avant de quitter ce navigateur. Votre lien l’ouvre une fois, puis il disparaît.',
  'create.secret': 'Votre secret',
  'create.dropHere': 'Déposez le fichier ici',
  'create.orFile': 'Ou déposez un fichier ici.',
  'create.limit': 'Au plus {size}.',
  'create.chooseFile': 'Choisir un fichier',
  'create.removeFile': 'Retirer le fichier',
  'create.expiry': 'Expire après',
  'create.split': 'Séparer l’URL et la clé',
  'create.splitHelp':
    'Envoyez-les par deux voies différentes, par exemple courriel et téléphone. Seule, aucune n’ouvre quoi que ce soit.',
  'create.more': 'Plus d’options',
  'create.passphrase': 'Phrase secrète',
  'create.passphraseHelp': 'Le lecteur doit la connaître aussi. Ne l’envoyez pas avec le lien.',
  'create.views': 'Nombre de lecteurs',
  'create.viewsHelp': 'De 1 à {max}. Chacun peut ouvrir le lien une fois.',
  'create.hint': 'Indication',
  'create.hintHelp': 'Un libellé pour le lecteur. Le serveur peut le voir.',
  'create.submit': 'Chiffrer et partager',
  'create.working': 'Chiffrement…',

  'created.title': 'Votre lien – zephr',
  'created.heading': 'Votre lien est prêt',
  'created.headingSplit': 'Votre URL et votre clé sont prêtes',
  'created.intro': {
    one: 'Envoyez-le au lecteur. Ne l’ouvrez pas vous-même : il ne sert qu’une fois.',
    other: 'Envoyez-le aux lecteurs. Il sert {count} fois.',
  },
  'created.introSplit': {
    one: 'Envoyez l’URL et la clé par deux voies différentes. Ensemble, elles servent une fois.',
    other: 'Envoyez l’URL et la clé par deux voies différentes. Ensemble, elles servent {count} fois.',
  },
  'created.link': 'Lien',
  'created.url': 'URL',
  'created.key': 'Clé',
  'created.copyLink': 'Copier le lien',
  'created.copyUrl': 'Copier l’URL',
  'created.copyKey': 'Copier la clé',
  'created.qrLink': 'Code QR du lien',
  'created.qrUrl': 'Code QR de l’URL, sans la clé',
  'created.expires': 'Expire {in} : {at}.',
  'created.passphrase': 'Le lecteur a aussi besoin de la phrase secrète.',
  'created.check': 'Vérifier s’il a été lu',
  'created.revoke': 'Révoquer',
  'created.revokeConfirm': 'Plus personne ne pourra le lire.',
  'created.revokeYes': 'Oui, le révoquer',
  'created.revokeNo': 'Le garder',
  'created.another': 'Partager un autre secret',

  'status.waiting': 'Personne ne l’a encore lu.',
  'status.partly': 'Ouvert par {read} lecteurs sur {views}, la première fois : {at}.',
  'status.read': 'Il a été lu : {at}.',
  'status.expired': 'Il a expiré. Personne ne l’a lu.',
  'status.revoked': 'Il est révoqué. Plus personne ne peut le lire.',
  'status.checked': 'État à {time}.',

  'reveal.title': 'Un secret pour vous – zephr',
  'reveal.heading': 'Un secret pour vous',
  'reveal.intro': 'Vous pouvez le voir une seule fois. Ensuite il disparaît : conservez-le aussitôt.',
  'reveal.incomplete':
    'La partie après # manque : l’application qui a ouvert ce lien l’a peut-être coupée. Collez ici le lien entier, ou la clé si vous l’avez reçue séparément. Rien n’est consommé.',
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
  'reveal.waiting': 'Rien n’est consommé tant que vous ne le révélez pas. Il expire {in} : {at}.',
  'reveal.viewsLeft': {
    one: '{count} lecteur peut encore l’ouvrir.',
    other: '{count} lecteurs peuvent encore l’ouvrir.',
  },
  'reveal.unchecked': 'Rien n’est consommé tant que vous ne le révélez pas.',
  'reveal.resume': 'Vous l’avez ouvert ici. Vous pouvez le revoir une fois jusqu’à {time}.',
  'reveal.version1':
    'C’est un ancien lien (version 1). Seule la lecture dira si le secret est encore là, et quiconque a l’URL a pu le consommer.',

  'revealed.title': 'Le secret – zephr',
  'revealed.heading': 'Voici le secret',
  'revealed.gone':
    'Personne d’autre ne peut l’ouvrir. Copiez-le ou téléchargez-le avant de quitter cette page.',
  'revealed.viewsLeft': {
    one: 'Vous l’avez vu. {count} autre lecteur peut ouvrir le lien.',
    other: 'Vous l’avez vu. {count} autres lecteurs peuvent ouvrir le lien.',
  },
  'revealed.secret': 'Secret',
  'revealed.message': 'Message de l’expéditeur',
  'revealed.hint': 'Indication',
  'revealed.binary': 'C’est un fichier et non du texte. Téléchargez-le pour le conserver.',
  'revealed.hidden': 'Masqué',
  'revealed.copy': 'Copier',
  'revealed.download': 'Télécharger',
  'revealed.done': 'Terminé, vider la page',
  'revealed.fileName': 'secret',

  'button.show': 'Afficher',
  'button.hide': 'Masquer',
  'button.showPassphrase': 'Afficher la phrase secrète',
  'button.hidePassphrase': 'Masquer la phrase secrète',
  'button.tryAgain': 'Réessayer',
  'button.copied': 'Copié',
  'button.copyFailed':
    'Votre navigateur ne le permet pas. Le texte est sélectionné : appuyez sur Ctrl+C ou ⌘C.',

  'leave.secret': 'Vous n’avez pas conservé le secret',
  'leave.secretText':
    'Copiez-le ou téléchargez-le d’abord : après votre départ, plus personne ne pourra l’ouvrir, pas même vous.',
  'leave.link': 'Vous n’avez pas copié le lien',
  'leave.linkText':
    'Copiez-le d’abord : sans lui, personne ne peut ouvrir votre secret, et cette page ne pourra plus le montrer.',
  'leave.no': 'Rester ici',
  'leave.yes': 'Partir quand même',

  'openedHere.heading': 'Vous l’avez ouvert ici',
  'openedHere.text':
    'Il a été montré dans cet onglet : {at}. Ce que vous n’avez pas conservé alors est perdu. S’il vous le faut encore, demandez un nouveau lien à l’expéditeur.',
  'lostHere.heading': 'Lu, mais pas montré',
  'lostHere.text':
    'Vous avez essayé d’ouvrir ce secret ici : {at}. Il n’a pas été montré à temps, et il est maintenant lu, sans doute par cet essai. Demandez-en un nouveau à l’expéditeur.',
  'read.heading': 'Déjà lu',
  'read.text':
    'Ce secret a déjà été lu. Si ce n’était pas vous, prévenez l’expéditeur : il faut le remplacer par un nouveau.',
  'read.textAt':
    'Ce secret a été lu : {at}. Si ce n’était pas vous, prévenez l’expéditeur : il faut le remplacer par un nouveau.',
  'expired.heading': 'Expiré',
  'expired.text':
    'Personne n’a ouvert ce secret à temps, et il a été détruit. Demandez un nouveau lien à l’expéditeur.',
  'revoked.heading': 'Révoqué',
  'revoked.text': 'L’expéditeur a repris ce secret. Demandez-lui si vous en avez encore besoin.',
  'notFound.heading': 'Aucun secret ici',
  'notFound.text':
    'Ce serveur ne connaît aucun secret à cette adresse. Il n’a jamais existé, ou il a pris fin depuis longtemps. Vérifiez que le lien est complet.',
  'damaged.heading': 'Le lien est abîmé',
  'damaged.text':
    'Une partie a été modifiée ou perdue en chemin. Rien n’est consommé. Copiez à nouveau le lien entier et collez-le ici.',
  'cutOff.heading': 'Le lien est coupé',
  'cutOff.text': 'Sa fin manque. Rien n’est consommé. Copiez à nouveau le lien entier et collez-le ici.',
  'tooNew.heading': 'Le lien est trop récent',
  'tooNew.text': 'Il vient d’un zephr plus récent que cette page. Rien n’est consommé.',
  'decryptionFailed.heading': 'Il ne s’ouvre pas',
  'decryptionFailed.text':
    'Ce que le serveur a envoyé n’a pas été scellé avec cette clé. La clé est fausse, ou quelqu’un a modifié le secret. Prévenez l’expéditeur.',
  'insecure.heading': 'Cette connexion n’est pas sûre',
  'insecure.text':
    'Les navigateurs ne chiffrent que sur les pages servies en https. Ouvrez cette page avec https:// au début.',
  'wrongKey.heading': 'Mauvaise clé',
  'wrongKey.text': 'Cette clé n’est pas celle de ce lien. Rien n’est consommé : vérifiez-la et réessayez.',
  'wrongKeyClaimed.heading': 'Mauvaise clé',
  'wrongKeyClaimed.text':
    'Cette clé n’ouvre pas le secret. Vous le détenez maintenant et pouvez en essayer une autre jusqu’à {time}. Gardez cette page ouverte.',
  'wrongEither.heading': 'Phrase secrète ou clé erronée',
  'wrongEither.text':
    'L’une des deux n’est pas celle de ce secret. Rien n’est consommé : vérifiez d’abord la phrase secrète, puis le lien.',
  'wrongPassphrase.heading': 'Mauvaise phrase secrète',
  'wrongPassphrase.text':
    'Ce n’est pas la bonne phrase secrète. Rien n’est consommé : vérifiez-la et réessayez.',
  'tooManyAttempts.heading': 'Trop d’essais manqués',
  'tooManyAttempts.text': 'Attendez {time} avant de réessayer. Rien n’est consommé.',
  'noConnection.heading': 'Pas de connexion',
  'noConnection.text': 'Le serveur n’a pas pu être joint. Vérifiez votre réseau et réessayez.',
  'lostReply.heading': 'La réponse n’est pas arrivée',
  'lostReply.text':
    'Le secret était peut-être en route vers vous. Gardez cette page ouverte et réessayez dans la minute : personne d’autre ne peut l’obtenir entre-temps.',
  'serverError.heading': 'Le serveur a un problème',
  'serverError.text': 'Il n’a pas pu faire son travail. Réessayez dans un instant.',
  'notZephrServer.heading': 'Ce n’est pas un serveur zephr',
  'notZephrServer.text':
    'Ce qui a répondu n’est pas un serveur zephr : l’adresse est fausse, ou autre chose a répondu à sa place, comme une page de connexion, un pare-feu ou un proxy.',
  'tooLarge.heading': 'Trop volumineux',
  'tooLarge.text': 'Ce serveur accepte des secrets d’au plus {size}. Le vôtre fait {actual}.',
  'limitReached.heading': 'Limite atteinte',
  'limitReached.text':
    'Votre adresse ne peut pas créer d’autre secret pour l’instant. Réessayez {in} : {at}.',
  'closed.heading': 'Ce serveur demande une clé d’API',
  'closed.text':
    'Ici, on ne crée de secret qu’avec une clé d’API, que cette page n’accepte pas : utilisez la commande zephr. La lecture n’en demande pas.',
  'notAllowed.heading': 'Non autorisé ici',
  'notAllowed.text': 'Ce serveur n’autorise pas cette durée sans clé d’API. Choisissez-en une autre.',
  'unexpected.heading': 'Un problème est survenu',
  'unexpected.text':
    'Ce n’était pas prévu ({code}). Réessayez, et si cela persiste, prévenez la personne qui gère ce serveur.',

  'error.empty': 'Il n’y a encore rien à partager : saisissez un secret ou choisissez un fichier.',
  'error.textMalformed':
    'Le texte contient des caractères impossibles à envoyer. Envoyez-le sous forme de fichier.',
  'error.fileUnreadable': 'Le fichier n’a pas pu être lu. Est-ce un dossier, ou a-t-il été déplacé ?',
  'error.views': 'Le nombre de lecteurs est un entier de 1 à {max}.',
  'error.hint': 'L’indication a au plus {max} caractères, tous visibles.',
  'error.fileName': 'Le nom du fichier ne peut pas être envoyé. Renommez-le.',
  'error.linkMissing': 'Collez le lien ou la clé.',
  'error.linkDamaged': 'Ce n’est ni un lien entier ni une clé entière. Copiez-le à nouveau.',
  'error.linkWithoutKey': 'Ce lien n’a rien après #. Copiez-le à nouveau, ou collez la clé.',
  'error.linkElsewhere': 'Ce lien est pour {server}. Ouvrez-le là-bas.',
  'error.passphraseMissing': 'Saisissez la phrase secrète.',
  'error.passphraseMalformed': 'La phrase secrète contient des caractères impossibles à utiliser.',
};
