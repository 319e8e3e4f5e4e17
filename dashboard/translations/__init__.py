"""Every phrase of the page in English and French: one row a phrase.

A phrase may hold fields (`{device}`) that the caller fills; both languages must hold the same ones, and a test compares
them. `{count:gap|gaps}` is the word that goes with a number, for one and for several. Numbers and dates are written by
`dashboard.formats`, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter

from dashboard.translations import alerts, devices, explore, live, schedules, system

LANGUAGES = ("en", "fr")

#: What a callback gets: `say("device")` is the phrase in the page's language.
Say = Callable[..., str]

_SHARED: Mapping[str, tuple[str, str]] = {
    "code": ("en", "fr"),
    # The shell
    "broker": ("Broker", "Courtier"),
    "connected": ("connected", "connecté"),
    "disconnected": ("not connected", "non connecté"),
    "ingest": ("Ingest", "Collecte"),
    "not running": ("not running", "arrêtée"),
    "device": ("Device", "Appareil"),
    "storage": ("Storage", "Stockage"),
    "live ago": ("live · {ago}", "en direct · {ago}"),
    "live now": ("live", "en direct"),
    "live": ("Live", "En direct"),
    "silent for": ("silent for {span}", "muet depuis {span}"),
    "no data for": ("no data for {span}", "sans donnée depuis {span}"),
    "no data yet": ("no data yet", "aucune donnée encore"),
    "paused": ("sending paused", "envoi en pause"),
    "language": ("Language", "Langue"),
    "english": ("English", "Anglais"),
    "french": ("French", "Français"),
    "menu": ("Show or hide the side panel", "Afficher ou masquer le panneau latéral"),
    "status": ("Status", "État"),
    "scheme light": ("Light colours; switch to dark", "Couleurs claires ; passer au sombre"),
    "scheme dark": ("Dark colours; switch to the system’s", "Couleurs sombres ; suivre le système"),
    "scheme auto": ("The system’s colours; switch to light", "Couleurs du système ; passer au clair"),
    "pages": ("Pages", "Pages"),
    "page live": ("Live", "Direct"),
    "page explore": ("Explore", "Explorer"),
    "side panel": ("Device, or what is explored", "Appareil, ou ce qui est exploré"),
    "skip": ("Skip to the measurements", "Aller aux mesures"),
    "lost": ("Connection to Lumos lost, trying again", "Connexion à Lumos perdue, nouvel essai en cours"),
    # Logging in
    "log in title": ("Log in", "Connexion"),
    "your name": ("Name", "Nom"),
    "your password": ("Password", "Mot de passe"),
    "log in": ("Log in", "Se connecter"),
    "log out": ("Log out", "Se déconnecter"),
    "forgotten": ("Forgotten? On the machine where Lumos runs:", "Oublié ? Sur la machine où tourne Lumos :"),
    "wrong password": ("Name and password do not go together.", "Le nom et le mot de passe ne correspondent pas."),
    "too many tries": (
        "Too many wrong passwords: wait {seconds} {seconds:second|seconds} and try again.",
        "Trop de mots de passe erronés : attendez {seconds} {seconds:seconde|secondes}, puis réessayez.",
    ),
    "role viewer": ("Viewer: looks", "Lecture : regarde"),
    "role operator": ("Operator: looks and sends commands", "Pilotage : regarde et envoie des commandes"),
    "role admin": ("Administrator: everything", "Administration : tout"),
    # Spans and moments
    "ago": ("{span} ago", "il y a {span}"),
    "updated ago": ("updated {ago}", "reçu {ago}"),
    "at": ("{time} on {date}", "le {date} à {time}"),
    # What came of a command
    "answer waiting": ("Sent, waiting for the device", "Envoyé, en attente de l’appareil"),
    "answer confirmed": ("Confirmed by device in {delay}", "Confirmé par l’appareil en {delay}"),
    "answer shown": ("Shown on the screen at {time}", "Affiché à l’écran à {time}"),
    "answer late": ("Answered late, after {delay}", "Réponse tardive, après {delay}"),
    "answer refused": ("Refused by the device: {reason}", "Refusé par l’appareil : {reason}"),
    "answer timed out": ("No answer within {delay}", "Pas de réponse en {delay}"),
    "answer held": (
        "Device silent: held until it answers",
        "Appareil muet : conservé jusqu’à son retour",
    ),
    "answer unconfirmable": ("Sent, cannot be confirmed", "Envoyé, ne peut pas être confirmé"),
    "answer withdrawn": ("Withdrawn", "Retiré"),
    "answer expired": ("Expired before the device came back", "Périmé avant le retour de l’appareil"),
    "answer unrecorded": (
        "Sent; ingest is not running, so the answer is not seen",
        "Envoyé ; la collecte est arrêtée, la réponse n’est pas vue",
    ),
    "silent held": ("Device silent: commands are held", "Appareil muet : les commandes sont conservées"),
    "result waiting": ("waiting", "en attente"),
    "result confirmed": ("confirmed", "confirmé"),
    "result shown": ("shown", "affiché"),
    "result late": ("late", "tardif"),
    "result refused": ("refused", "refusé"),
    "result timed out": ("no answer", "sans réponse"),
    "result held": ("held", "conservé"),
    "result unconfirmable": ("sent", "envoyé"),
    "result withdrawn": ("withdrawn", "retiré"),
    "result expired": ("expired", "périmé"),
    # The toolbar
    "metric": ("Metric", "Mesure"),
    "range": ("Range", "Période"),
    "range 15m": ("15 min", "15 min"),
    "range 1h": ("1 h", "1 h"),
    "range 24h": ("24 h", "24 h"),
    "range 7d": ("7 d", "7 j"),
    "range 30d": ("30 d", "30 j"),
    "range 1y": ("1 y", "1 an"),
    "range all": ("All", "Tout"),
    "range custom": ("Custom", "Autre"),
    "chosen range": ("chosen range", "période choisie"),
    "from": ("From", "Du"),
    "to": ("To", "Au"),
    "apply": ("Apply", "Appliquer"),
    "range empty": ("Choose a start and an end", "Choisissez un début et une fin"),
    "range reversed": ("The end lies before the start", "La fin précède le début"),
    "live help": ("Pause or resume the live chart", "Mettre le direct en pause, ou le reprendre"),
    "notes": ("Notes", "Notes"),
    "note": ("Note", "Note"),
    "add note": ("Add a note", "Ajouter une note"),
    "change note": ("Change the note", "Modifier la note"),
    "delete note": ("Delete the note", "Supprimer la note"),
    "save note": ("Save", "Enregistrer"),
    "close": ("Close", "Fermer"),
    "undo": ("Undo", "Annuler"),
    "note deleted": ("The note was deleted.", "La note a été supprimée."),
    "note text": ("Text", "Texte"),
    "note from": ("At, or from", "À, ou à partir de"),
    "note to": ("Until (empty for a moment)", "Jusqu’à (vide pour un instant)"),
    "note whole": ("About the device as a whole", "Concerne tout l’appareil"),
    "note by": ("by {name}", "par {name}"),
    "note changed by": ("changed by {name}", "modifiée par {name}"),
    "no note": ("No note in this range", "Aucune note sur cette période"),
    "no note hint": (
        "Click a point of the chart, then add a note: it is marked there for everybody.",
        "Cliquez un point du graphique, puis ajoutez une note : elle y est marquée pour tous.",
    ),
    "take away": ("Download", "Télécharger"),
    "take away help": (
        "Data, pictures, the page as a file, and what is behind a chart",
        "Données, images, la page en fichier, et ce qu’il y a derrière un graphique",
    ),
    "take shown": ("Points of the chart", "Points du graphique"),
    "take raw": ("Every reading", "Toutes les mesures"),
    "take picture": ("The chart as a picture", "Le graphique en image"),
    "take page": ("This page as a file", "Cette page en fichier"),
    "take behind": ("Behind the chart", "Derrière le graphique"),
    "take data inside": ("The chart’s data as CSV", "Les données du graphique en CSV"),
    "made by lumos": ("made by Lumos, {when}", "créé par Lumos, {when}"),
    "take begun": ("{name}: begun", "{name} : commencé"),
    "take under way": ("{name}: {rows} of {total} readings · {size}", "{name} : {rows} mesures sur {total} · {size}"),
    "take done": ("{name}: complete, {size}", "{name} : terminé, {size}"),
    "take failed": ("{name}: broken off. {problem}", "{name} : interrompu. {problem}"),
    "take stopped": ("{name}: stopped, the file is not complete", "{name} : arrêté, le fichier est incomplet"),
    "take stop": ("Stop", "Arrêter"),
    "link": ("Link", "Lien"),
    "link help": ("A link that opens this view", "Un lien qui ouvre cette vue"),
    "link copy": ("Select it and copy it", "Sélectionnez-le puis copiez-le"),
    # States
    "no measurement": ("No measurement in this range", "Aucune mesure sur cette période"),
    "last sent": ("{device} last sent data {when}.", "{device} a envoyé sa dernière donnée {when}."),
    "never sent": ("{device} has not sent any data yet.", "{device} n’a encore envoyé aucune donnée."),
    "show last": ("Show the last 24 h with data", "Voir les dernières 24 h avec données"),
    "retry": ("Retry", "Réessayer"),
    "panel failed": ("This panel could not be drawn.", "Ce panneau n’a pas pu être affiché."),
    "unexpected": ("Something went wrong here; the log says what.", "Une erreur est survenue ; le journal la décrit."),
    "silent banner": ("{device} is silent since {time}.", "{device} est muet depuis {time}."),
    "silent banner detail": (
        "Charts show stored data; commands are held until it answers.",
        "Les graphiques montrent l’historique ; les commandes sont conservées jusqu’à son retour.",
    ),
    "ingest banner": ("Ingest is not running.", "La collecte est arrêtée."),
    "ingest banner detail": (
        "History is read from the file; live values and confirmations resume when it is back.",
        "L’historique est lu dans le fichier ; le direct et les confirmations reprendront à son retour.",
    ),
    "broker banner": ("The broker is not connected.", "Le courtier n’est pas connecté."),
    "broker banner detail": (
        "No new reading arrives and no command leaves until it is back.",
        "Aucune mesure n’arrive et aucune commande ne part jusqu’à son retour.",
    ),
    "clock banner": ("This host’s clock is behind.", "L’horloge de cet hôte retarde."),
    "clock banner detail": (
        "Readings carry later times than it shows; set it, or wait for the network’s time.",
        "Les mesures portent des heures postérieures ; réglez-la, ou attendez l’heure du réseau.",
    ),
    "broker refused": (
        "Not sent: the dashboard is not connected to the broker at {address}",
        "Non envoyé : le tableau de bord n’est pas connecté au courtier {address}",
    ),
    # No device at all
    "welcome": ("No device yet", "Aucun appareil encore"),
    "welcome lead": (
        "Lumos is running and listens at {address}. The first message of a device opens its page here.",
        "Lumos fonctionne et écoute sur {address}. Le premier message d’un appareil ouvre sa page ici.",
    ),
    "welcome try": ("Try it without a board", "Essayer sans carte"),
    "welcome try text": ("One reading, by hand:", "Une mesure, à la main :"),
    "welcome simulate": ("Simulate two boards", "Simuler deux cartes"),
    "welcome simulate text": (
        "They measure, blink and show messages:",
        "Elles mesurent, clignotent et affichent des messages :",
    ),
    "welcome board": ("Connect a real board", "Connecter une vraie carte"),
    "welcome board text": (
        "MQTT to {address}; each reading is a message such as:",
        "MQTT vers {address} ; chaque mesure est un message tel que :",
    ),
    "welcome topic": ("Topic", "Sujet"),
    "welcome payload": ("Payload", "Contenu"),
    "welcome loopback": (
        "The broker listens on this machine only: give it an address of the network for a board.",
        "Le courtier n’écoute que sur cette machine : donnez-lui une adresse du réseau pour une carte.",
    ),
    # The footer
    "times in": ("Times in", "Heures de"),
    "kept": ("readings kept {span}", "mesures conservées {span}"),
    "kept for ever": ("readings kept for ever", "mesures conservées sans limite"),
    "version": ("Lumos {version}", "Lumos {version}"),
}

#: All phrases; each page has a module of its own beside this one.
PHRASES: Mapping[str, tuple[str, str]] = {
    **_SHARED,
    **live.PHRASES,
    **explore.PHRASES,
    **devices.PHRASES,
    **schedules.PHRASES,
    **system.PHRASES,
    **alerts.PHRASES,
}

MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}
LONG_WEEKDAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
WEEKDAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}


class _Filled(Formatter):
    """Fills fields as `str.format` does, and chooses between two words by a number that is written already."""

    #: Numbers with which the word stands in the singular.
    _SINGLE: Mapping[str, tuple[str, ...]] = {"en": ("1",), "fr": ("0", "1")}

    def __init__(self, language: str) -> None:
        self._single = self._SINGLE[language]

    def format_field(self, value: object, format_spec: str) -> str:
        one, choice, several = format_spec.partition("|")
        if not choice:
            return str(super().format_field(value, format_spec))
        return one if str(value) in self._single else several


def speaker(language: str) -> Say:
    """`say(phrase, **fields)` in one language; English for a language that is not ours."""
    column = LANGUAGES.index(language) if language in LANGUAGES else 0
    filled = _Filled(LANGUAGES[column]).format

    def say(phrase: str, **fields: object) -> str:
        return filled(PHRASES[phrase][column], **fields) if fields else PHRASES[phrase][column]

    return say


def choose_language(setting: str, asked: str | None, remembered: str | None, accepted: str | None) -> str:
    """The page's language: the address's `lang`, else the cookie, else the setting, else Accept-Language."""
    for wish in (asked, remembered, setting):
        if wish in LANGUAGES:
            return str(wish)
    weights: list[tuple[float, str]] = []
    for part in (accepted or "").split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            weights.append((-float(quality or 1), name[:2].lower()))
        except ValueError:
            continue
    return next((name for _, name in sorted(weights, key=lambda entry: entry[0]) if name in LANGUAGES), "en")
