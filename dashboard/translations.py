"""Every phrase of the page in English and French: one row a phrase.

A phrase may hold fields (`{device}`) that the caller fills; both languages must hold the same ones, and a test compares
them. Numbers and dates are written by `dashboard.formats`, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboard import translations_alerts as alerts
from dashboard import translations_devices as devices
from dashboard import translations_schedules as schedules
from dashboard import translations_system as system

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
        "Too many wrong passwords: wait {seconds} seconds and try again.",
        "Trop de mots de passe erronés : attendez {seconds} secondes, puis réessayez.",
    ),
    "role viewer": ("Viewer: looks", "Lecture : regarde"),
    "role operator": ("Operator: looks and sends commands", "Pilotage : regarde et envoie des commandes"),
    "role admin": ("Administrator: everything", "Administration : tout"),
    # Spans and moments
    "ago": ("{span} ago", "il y a {span}"),
    "updated ago": ("updated {ago}", "reçu {ago}"),
    "at": ("{time} on {date}", "le {date} à {time}"),
    # All devices
    "all devices": ("All devices", "Tous les appareils"),
    "find device": ("Find a device, a place, a tag", "Chercher un appareil, un lieu, une étiquette"),
    "state": ("State", "État"),
    "state all": ("All", "Tous"),
    "state online": ("Online", "En ligne"),
    "state silent": ("Silent", "Muets"),
    "sort by": ("Order", "Ordre"),
    "sort name": ("By name", "Par nom"),
    "sort place": ("By place", "Par lieu"),
    "sort heard": ("Last heard first", "Derniers reçus d’abord"),
    "sort trouble": ("Silent ones first", "Muets d’abord"),
    "first metric": ("First metric", "Première mesure"),
    "last hour": ("last hour", "dernière heure"),
    "more metrics": ("and {count} more", "et {count} autres"),
    "no device found": ("No device is like that", "Aucun appareil ne correspond"),
    "no device found hint": (
        "Names, places, tags and metrics are looked through.",
        "Les noms, lieux, étiquettes et mesures sont parcourus.",
    ),
    "show all devices": ("Show all devices", "Voir tous les appareils"),
    "no device shown": ("Every device is hidden", "Tous les appareils sont masqués"),
    "no device shown hint": (
        "Somebody hid them; they go on measuring.",
        "Quelqu’un les a masqués ; ils continuent de mesurer.",
    ),
    "no such device": ("There is no device “{device}”.", "Il n’y a pas d’appareil « {device} »."),
    "no such device detail": ("These are the ones that there are.", "Voici ceux qu’il y a."),
    # The left panel
    "firmware": ("Firmware", "Micrologiciel"),
    "signal": ("Signal", "Signal"),
    "uptime": ("Uptime", "En marche depuis"),
    "sampling": ("Sampling", "Échantillonnage"),
    "address": ("Address", "Adresse"),
    "original program": ("original program", "programme d’origine"),
    "unknown": ("unknown", "inconnu"),
    "led": ("LED", "LED"),
    "on": ("On", "Allumée"),
    "off": ("Off", "Éteinte"),
    "state unknown": ("State unknown", "État inconnu"),
    "on short": ("ON", "ON"),
    "off short": ("OFF", "OFF"),
    "screen message": ("Screen message", "Message à l’écran"),
    "screen preview": ("Preview of the screen", "Aperçu de l’écran"),
    "screen now": ("On the screen now", "À l’écran en ce moment"),
    "screen typed": ("Preview, not sent yet", "Aperçu, pas encore envoyé"),
    "screen unknown": ("The board has not told what it shows", "La carte n’a pas dit ce qu’elle affiche"),
    "message": ("Message", "Message"),
    "message hint": ("Text for the board’s screen", "Texte pour l’écran de la carte"),
    "send": ("Send", "Envoyer"),
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
    # Cards and chart
    "now": ("Now", "Maintenant"),
    "mean in": ("Mean, {range}", "Moyenne, {range}"),
    "range in": ("Range, {range}", "Étendue, {range}"),
    "coverage in": ("Coverage, {range}", "Couverture, {range}"),
    "change": ("{change} on the previous {range}", "{change} sur les {range} précédentes"),
    "change custom": ("{change} on the period before", "{change} sur la période précédente"),
    "no comparison": ("nothing before to compare with", "rien avant pour comparer"),
    "max at": ("max {time}", "max {time}"),
    "min at": ("min {time}", "min {time}"),
    "no gap": ("{readings}, no gap", "{readings}, sans trou"),
    "one gap": ("1 gap of {span}", "1 trou de {span}"),
    "gaps": ("{count} gaps, longest {span}", "{count} trous, le plus long {span}"),
    "readings": ("{count} readings", "{count} mesures"),
    "reading": ("1 reading", "1 mesure"),
    "buckets": ("min–max band, mean, {width} buckets · {points}", "bande min–max, moyenne, pas de {width} · {points}"),
    "points": ("{count} points", "{count} points"),
    "point": ("1 point", "1 point"),
    "mean": ("Mean", "Moyenne"),
    "band": ("min–max", "min–max"),
    "chart of": ("{metric} of {device}, {range}", "{metric} de {device}, {range}"),
    "chart alternative": ("its numbers are in the list Statistics", "ses nombres sont dans la liste Statistiques"),
    "stored": ("Stored", "Historique"),
    "paused live": ("Paused", "En pause"),
    "zoomed": ("Zoomed: double-click shows all", "Zoom : un double-clic montre tout"),
    # History and statistics
    "history": ("Command history", "Historique des commandes"),
    "time": ("Time", "Heure"),
    "target": ("Target", "Cible"),
    "value": ("Value", "Valeur"),
    "result": ("Result", "Résultat"),
    "who": ("By", "Par"),
    "delay": ("Delay", "Délai"),
    "target led": ("LED", "LED"),
    "target message": ("Screen", "Écran"),
    "target sending": ("Sending", "Envoi"),
    "target period": ("Period", "Période"),
    "target identify": ("Identify", "Identifier"),
    "target reboot": ("Reboot", "Redémarrer"),
    "value true": ("on", "oui"),
    "value false": ("off", "non"),
    "value clear": ("(cleared)", "(effacé)"),
    "no command": ("No command yet", "Aucune commande encore"),
    "no command hint": (
        "Switch the LED or send a message: it appears here with its answer.",
        "Commutez la LED ou envoyez un message : il apparaît ici avec sa réponse.",
    ),
    "statistics": ("Statistics", "Statistiques"),
    "statistic count": ("Readings", "Mesures"),
    "statistic mean": ("Mean", "Moyenne"),
    "statistic deviation": ("Std deviation", "Écart type"),
    "statistic min": ("Minimum", "Minimum"),
    "statistic max": ("Maximum", "Maximum"),
    "statistic first": ("First reading", "Première mesure"),
    "statistic last": ("Last reading", "Dernière mesure"),
    "statistic median": ("Median", "Médiane"),
    "statistic percentiles": ("5th – 95th pct.", "5e – 95e centile"),
    "statistic coverage": ("Coverage", "Couverture"),
    # The page Explore
    "series": ("Series", "Séries"),
    "no series found": ("No such series", "Aucune série de ce nom"),
    "panel statistics": ("Statistics", "Statistiques"),
    "panel week": ("Typical week", "Semaine type"),
    "panel distribution": ("Distribution", "Répartition"),
    "panel days": ("Day by day", "Jour par jour"),
    "panel happenings": ("Commands and events", "Commandes et événements"),
    "hour of week": (
        "<b>{day}</b>, {start} to {end}<br>mean <b>{mean}</b>, {low} to {high}<br>{count} readings",
        "<b>{day}</b>, de {start} à {end}<br>moyenne <b>{mean}</b>, de {low} à {high}<br>{count} mesures",
    ),
    "share": (
        "{low} to {high}<br><b>{count}</b> readings, {percent}",
        "{low} à {high}<br><b>{count}</b> mesures, {percent}",
    ),
    "from sketch of quantiles": (
        "Median and percentiles within one percent.",
        "Médiane et centiles à un pour cent près.",
    ),
    "from sketch": ("within one percent", "à un pour cent près"),
    "day in words": (
        "mean <b>{mean}</b>, {low} to {high}<br>{count} readings",
        "moyenne <b>{mean}</b>, de {low} à {high}<br>{count} mesures",
    ),
    "day of": ("a day of {hours} hours", "un jour de {hours} heures"),
    "bucket width": ("{width} buckets", "pas de {width}"),
    "before of": ("{name}, before", "{name}, avant"),
    "usual": ("Usual for the hour", "Habituel pour l’heure"),
    "samples lost": ("{count} lost", "{count} perdus"),
    "lost in words": (
        "{count} samples of {devices} never arrived<br>between {start} and {end}",
        "{count} relevés de {devices} jamais reçus<br>entre {start} et {end}",
    ),
    "series hint": ("Up to {count}, from any device", "Jusqu’à {count}, de tous les appareils"),
    "choose series": ("Series and comparisons", "Séries et comparaisons"),
    "add series": ("Add a series", "Ajouter une série"),
    "zoomed part": ("zoomed part", "partie agrandie"),
    "what": ("What", "Quoi"),
    "event": ("event", "événement"),
    "empty week": ("No measurement in this range", "Aucune mesure sur cette période"),
    "empty distribution": ("No measurement in this range", "Aucune mesure sur cette période"),
    "empty days": ("No measurement in this range", "Aucune mesure sur cette période"),
    "empty statistics": ("No measurement in this range", "Aucune mesure sur cette période"),
    "empty happenings": ("Nothing happened in this range", "Rien ne s’est passé sur cette période"),
    "legend before": ("dashed: {span}", "tirets : {span}"),
    "legend usual": (
        "tint: usual for the hour, 8 of 10 readings of the 8 weeks before",
        "teinte : habituel pour l’heure, 8 mesures sur 10 des 8 semaines précédentes",
    ),
    "legend usual unknown": (
        "nothing is usual yet: there is no reading in the 8 weeks before",
        "rien d’habituel encore : aucune mesure dans les 8 semaines précédentes",
    ),
    "legend usual too long": (
        "what is usual for the hour shows over up to 32 days",
        "l’habituel pour l’heure se montre jusqu’à 32 jours",
    ),
    "timeline of": ("{names}, {start} to {end}", "{names}, du {start} au {end}"),
    "restricted to nothing": (
        "There may be some on other weekdays or at other hours.",
        "Il y en a peut-être d’autres jours ou à d’autres heures.",
    ),
    "show all hours": ("Show every day and hour", "Voir tous les jours et toutes les heures"),
    "compare": ("Compare with", "Comparer avec"),
    "compare before": ("the period before", "la période précédente"),
    "compare usual": ("the usual for the hour", "l’habituel pour l’heure"),
    "only": ("Only", "Seulement"),
    "weekdays": ("Weekdays", "Jours de la semaine"),
    "hours": ("Hours of the day", "Heures de la journée"),
    "from hour": ("From hour", "De l’heure"),
    "to hour": ("To hour", "À l’heure"),
    "marks": ("Marks", "Repères"),
    "marks commands": ("Commands", "Commandes"),
    "marks events": ("Events", "Événements"),
    "marks alerts": ("Alerts", "Alertes"),
    "marks notes": ("Notes", "Notes"),
    "marks losses": ("Losses", "Pertes"),
    "detail": ("Details of", "Détails de"),
    "zone auto": ("Automatic: {zone}", "Automatique : {zone}"),
    "no zone found": ("No such zone", "Aucun fuseau de ce nom"),
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

#: All phrases; those of the page Devices stand in a module of their own.
PHRASES: Mapping[str, tuple[str, str]] = {
    **_SHARED,
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


def speaker(language: str) -> Say:
    """`say(phrase, **fields)` in one language; English for a language that is not ours."""
    column = LANGUAGES.index(language) if language in LANGUAGES else 0

    def say(phrase: str, **fields: object) -> str:
        return PHRASES[phrase][column].format(**fields) if fields else PHRASES[phrase][column]

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
