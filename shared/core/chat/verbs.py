"""How people say what they want done, in English, German, French and Spanish: patterns for text in one case."""

from __future__ import annotations

import re

from shared.core.chat.chat_words import APPROVE, CANCEL, CHANGE, DENY, RETRY, START

# An order begins a clause. `name` is what it is about; the first that fits counts.
ORDERS: tuple[tuple[str, str], ...] = (
    (RETRY, r"(?:try|do(?!\s+(?:we|you|they|i|people)\b)|run|make|build"
    r"|start)\s+(?P<name>.{0,300}?)\s*\b(?:again|over|once more)\b(?:[\s,]+(?:please|now))?\W*$"),
    (RETRY, r"(?:retry|redo|restart|start over|réessaie[zr]?|reinténtalo|reintenta"
    r"|inténtalo de nuevo)\b(?P<name>.*)"),
    (RETRY, r"(?:mach|versuch)\w*\s+(?P<name>.{0,300}?)\bnoch\s?(?:ein)?mal\W*$|noch\s?(?:ein)?mal\W*$"),
    (CANCEL, r"(?:stop|cancel|abort|halt|terminate|kill|stopp?e?|abbrechen|arrête[zr]?|annule[zr]?|cancela"
    r"|cancelar|detén)"
             r"\b(?P<name>.*)"),
    (CANCEL, r"(?:brich|halte?)\b(?P<name>.*)\b(?:ab|an)\W*$"),
    (APPROVE, r"(?:approve|genehmige|genehmigen|freigeben|approuve[zr]?|valide[zr]?|aprueba|aprobar)\b(?P<name>.*)"),
    (APPROVE, r"gib\b(?P<name>.*)\bfrei\W*$"),
    (DENY, r"(?:reject|deny|decline|disapprove|ablehnen|refuse[zr]?|rejette[zr]?|rechaza|rechazar)\b(?P<name>.*)"),
    (DENY, r"lehne?\b(?P<name>.*)\bab\W*$"),
    (START, r"(?:make|draw up|write)\s+(?:a|the)\s+plan\s+(?:for|of)\b(?P<name>.*)"),
    (START, r"(?:start|begin)\s+(?:planning|building|working on|work on|with)\b(?P<name>.*)"),
    (START, r"(?:plan(?!\s+(?:is|was)\b)|start|begin|build|plane|planen|baue?|beginne|planifie[zr]?|construis"
    r"|commence[zr]?|planifica"
            r"|planificar|construye|empieza)\b(?P<name>.*)"),
    (CHANGE, r"(?:change[zr]?|instead|make it|use|add|remove|ändere?|stattdessen|modifie[zr]?|cambia)\b(?P<name>.*)"),
)  # fmt: skip

# The same in any other place of a sentence: the bare verb, and what only tells of an act.
_BARE = {
    CANCEL: r"stop|cancel|abort|halt|stoppen|stopp|abbrechen|anhalten|arrêter|annuler|cancelar|detener|parar",
    APPROVE: r"approve|genehmigen|genehmige|freigeben|approuver|valider|aprobar",
    DENY: r"reject|deny|decline|ablehnen|refuser|rejeter|rechazar",
    RETRY: r"retry|redo|restart|(?:try|do|run)\b.{0,80}?\b(?:again|over)|réessayer|recommencer|reintentar",
    START: r"plan|start|begin|build|planen|starten|bauen|planifier|construire|commencer|planificar|construir|empezar",
    CHANGE: r"change|ändern|modifier|cambiar",
}
_TOLD = (
    r"stopped|stops|stopping|cancell?ed|cancell?ing|aborted|halted|approved|approves|approving|rejected|denied"
    r"|declined"
    r"|retried|restarted|planned|planning|started|starting|began|built|changed|gestoppt|abgebrochen|angehalten"
    r"|genehmigt"
    r"|freigegeben|abgelehnt|geplant|gestartet|begonnen|gebaut|geändert|arrêtée?|annulée?|approuvée?|validée?"
    r"|refusée?"
    r"|planifiée?|commencée?|detenid[oa]|cancelad[oa]|aprobad[oa]|rechazad[oa]|planificad[oa]|empezad[oa]"
)
_NEGATED = (  # the forms that French and Spanish have for a no
    r"arrête[zr]?|annule[zr]?|approuve[zr]?|valide[zr]?|refuse[zr]?|planifie[zr]?|commence[zr]?|canceles"
    r"|detengas|pares"
    r"|apruebes|rechaces|planifiques|empieces"
)

BARE = tuple((act, re.compile(rf"\b(?:{verbs})\b")) for act, verbs in _BARE.items())
ANY_VERB = re.compile(rf"\b(?:{'|'.join(_BARE.values())}|{_TOLD}|{_NEGATED})\b")
PLAIN_VERB = re.compile(rf"\b(?:{'|'.join(_BARE.values())}|{_NEGATED})\b")
ORDERED = tuple((act, re.compile(rf"(?:{order})")) for act, order in ORDERS)

OPENER = re.compile(
    r"(?:(?:please|bitte|s'il (?:te|vous) plaît|por favor|okay|ok|yes|yeah|ja|oui|sí|well|so|now|then|and then"
    r"|and|also|hey|hi"
    r"|hello|hallo|bonjour|hola|workwright|just|kindly|go ahead and|let's|let us)\b|(?:no|nein"
    r"|non)(?=\s*[,.!:;]))[\s,!.:;–—-]*"
)
NOT = re.compile(
    r"\b(?:don'?t|do not|does not|doesn't|never|not|shouldn'?t|mustn'?t|cannot|can'?t|won'?t|wouldn'?t|didn'?t"
    r"|without"
    r"|nicht|niemals|nie|kein\w*|ne|pas|jamais|nunca|jamás|tampoco)\b|\bn'|(?:^|[\s,])no\s+(?!,)(?=\w)"
)
LATER = re.compile(
    r"\b(?:if|when|whenever|once|after|as soon as|provided|unless|until|till|tomorrow|tonight|later|soon|next"
    r"|(?:on|by|at|this) (?:mon|tues|wednes|thurs|fri|satur|sun)day|at (?:\d|noon|midnight)|in (?:\d+|an?|two"
    r"|three) \w+"
    r"|wenn|falls|sobald|nachdem|morgen|später|bis|nächste\w*|um \d"
    r"|quand|lorsque|dès que|si|après|demain|plus tard|à moins|cuando|en cuanto|después|mañana|más tarde|a menos)\b"
)
BEGINS_LATER = re.compile(
    r"(?:only )?(?:if|when|whenever|once|after|as soon as|provided|unless|until|tomorrow|later|next|wenn|falls"
    r"|sobald|nachdem"
    r"|morgen|quand|lorsque|dès que|si|après|demain|cuando|en cuanto|después|mañana)\b"
)
SAID = re.compile(
    r"\b(?:said|says|say|told|tells|asked|asks|wants|wanted|wrote|writes|thinks|thought|suggested|suggests"
    r"|heard|according to"
    r"|sagte|sagt|gesagt|meint|meinte|schrieb|a dit|dit que|disait|voulait|écrit|dijo|dice|quería|escribió)\b"
)
WISHED = re.compile(
    r"(?:i|we|you|someone|somebody|ich|wir|du|sie|man|je|nous|on|tu|vous|yo|hay|debemos|deberíamos|quiero|quisiera)\b"
    r"[\s\w']{0,40}?\b(?:want|would like|like|'d like|should|must|need|have to|better|may|can|might|please"
    r"|let's|möchten?|will|"
    r"wollen|sollten?|muss|müssen|kannst|voudrais|veux|voulons|devrions|devons|faut|quiero|quisiera|debemos"
    r"|deberíamos|que)\b"
)
ASKS = re.compile(
    r"(?!do not\b|does not\b|don't\b)"
    r"(?:(?:can|could|would|will|shall|should|may|might|must|do|does|did|is|are|was|were|has|have|what|why|when"
    r"|who|whose"
    r"|how|which|where|kannst|könntest|könnten|können|würdest|würden|soll|sollen|sollte|darf|dürfen|hat|ist"
    r"|wurde|was|warum"
    r"|wann|wer|wie|welche\w*|wo|peux|peut|pourrais|pourriez|pouvez|puis|dois|est-ce|qui|quand|comment|pourquoi"
    r"|quels?|quelles?"
    r"|puedes|podrías|puede|puedo|debo|quién|cuándo|cómo)\b|[¿])"
)
ASKS_FOR = re.compile(
    r"(?:¿\s*)?(?:can|could|would|will|shall|should|may|might|must|do|kannst|könntest|könnten|können|würdest"
    r"|würden|soll|sollen"
    r"|sollte|darf|dürfen|peux|peut|pourrais|pourriez|pouvez|puis|dois|est-ce que|puedes|podrías|puede|puedo|debo)\b"
)
WHAT_IF = re.compile(
    r"(?:and |und |et |y )?(?:what (?:happens|would happen|will happen|if|does it mean|do you do|would .{0,20}do)"
    r"|what's the effect|what is the effect|was (?:passiert|geschieht|wäre)|que se passe|qué pasa|qué ocurre)\b"
)
HOW_TO = re.compile(r"(?:how (?:can|do|does|would|should|must|to)|wie (?:kann|soll)|comment|cómo)\b")
WHY = re.compile(r"\b(?:why|when|who|warum|wann|wer|pourquoi|quand|qui|por qué|cuándo|quién)\b")
_SHOWN_BY = {  # words that no other of these languages has, for a message too short to be guessed
    "de": r"bitte|stoppe?|plane|genehmige|lehne?|brich|halte|nicht|noch|hilfe|welche\w*|warum|wie",
    "fr": r"arrête[zr]?|annule[zr]?|planifie[zr]?|approuve[zr]?|aide|pourquoi|plaît|pas|où",
    "es": r"cancela|detén|planifica|aprueba|rechaza|ayuda|por favor|canceles|detengas|apruebes|qué|cuál\w*|cómo",
}


def language_of(text: str) -> str:
    """Return the language that a short message shows by one of its words; "" where none tells."""
    return next((language for language, words in _SHOWN_BY.items() if re.search(rf"\b(?:{words})\b", text)), "")
