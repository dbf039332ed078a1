"""What somebody says in a conversation, by its words; and what we say back, in the languages we know by heart.

A yes that decides is not read here but in `decision_words`: no model, and no guess, approves anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ASK, START, CHANGE, CANCEL, DENY, EXPLAIN, RETRY = "ask", "start", "change", "cancel", "deny", "explain", "retry"
INTENTS = (ASK, START, CHANGE, CANCEL, DENY, EXPLAIN, RETRY)

# English, German, French, Spanish. The first that fits, from the top.
_WORDS = (
    (
        CANCEL,
        r"^(?:please |bitte )?(?:stop|cancel|abort|halt|stopp|abbrechen|brich\b.*\bab|arrête|annule|cancela)\b",
    ),
    (DENY, r"^(?:please )?(?:reject|deny|decline|ablehnen|refuse[zr]?|rechaza)\b"),
    (
        RETRY,
        r"^(?:please |bitte )?(?:retry|try (?:it )?again|noch ?(?:ein)?mal|réessaie|reinténtalo|inténtalo de nuevo)\b",
    ),
    (
        START,
        r"^(?:please |bitte )?(?:plan\b(?!\s+(?:is|was|for\b.*\?))|start|build|begin|plane\b|baue?\b|beginne|planifie"
        r"|construis|commence|planifica|construye|empieza)\b",
    ),
    (
        CHANGE,
        r"^(?:please |bitte )?(?:change[zr]?|instead|make it|use|add|remove|ändere?|stattdessen|modifie|cambia)\b",
    ),
    (
        EXPLAIN,
        r"^(?:and )?why\W*$|\b(?:status|how far|progress|what happened|why did|why is it"
        r"|what does (?:it|the plan)|explain|(?:how much|what) (?:did|does|will) (?:it|this|the plan) cost"
        r"|was kostet (?:es|das)|combien ça coûte|cuánto cuesta"
        r"|wie weit|stand der|was ist passiert|warum|erkläre?|où en est|pourquoi|explique|qué pasó|por qué|explica"
        r"|cómo va)\b",
    ),
)


def intent_of(text: str) -> str:
    """Return what is wanted, by its words: one of INTENTS; a question where nothing else is said."""
    said = " ".join(text.casefold().split())
    return next((intent for intent, words in _WORDS if re.search(words, said)), ASK)


_SAID: Mapping[str, Mapping[str, str]] = {
    "en": {
        "started": "I am planning “{title}”. I will show you the plan before anything is done.",
        "running": "“{title}” is at work already: {status}.",
        "changed": "I plan “{title}” again with that in mind.",
        "cancelled": "I stop “{title}” and undo what can be undone.",
        "denied": "The plan for “{title}” is denied.",
        "approved": "Approved. I begin with “{title}”.",
        "retried": "I do “{title}” over.",
        "show": "This is the plan for “{title}”:\n{plan}\n"
        "Say “approve” to approve exactly this, or what should be different.",
        "sure": "Shall I stop “{title}” and undo what can be undone? Say yes.",
        "long": "The plan for “{title}” is too long to be shown here. Read it in its page, and decide there.",
        "nothing": "Nothing waits for a decision here.",
        "which": "Which one do you mean? {titles}",
        "none": "I know no page or run of that kind. Tell me its title.",
        "cannot": "That cannot be done: {why}",
        "not_in_project": "I found nothing about that in this project.",
        "not_found": "I found nothing about that in the workspace.",
    },
    "de": {
        "started": "Ich plane „{title}“. Bevor etwas geschieht, zeige ich dir den Plan.",
        "running": "An „{title}“ wird schon gearbeitet: {status}.",
        "changed": "Ich plane „{title}“ damit noch einmal.",
        "cancelled": "Ich halte „{title}“ an und nehme zurück, was sich zurücknehmen lässt.",
        "denied": "Der Plan für „{title}“ ist abgelehnt.",
        "approved": "Genehmigt. Ich beginne mit „{title}“.",
        "retried": "Ich mache „{title}“ noch einmal.",
        "show": "Das ist der Plan für „{title}“:\n{plan}\n"
        "Sag „genehmigt“, um genau das zu genehmigen, oder was anders sein soll.",
        "sure": "Soll ich „{title}“ anhalten und zurücknehmen, was sich zurücknehmen lässt? Sag ja.",
        "long": "Der Plan für „{title}“ ist zu lang für hier. Lies ihn in seiner Seite, und entscheide dort.",
        "nothing": "Hier wartet nichts auf eine Entscheidung.",
        "which": "Was meinst du? {titles}",
        "none": "So eine Seite oder einen solchen Lauf kenne ich nicht. Nenne mir den Titel.",
        "cannot": "Das geht nicht: {why}",
        "not_in_project": "Dazu habe ich in diesem Projekt nichts gefunden.",
        "not_found": "Dazu habe ich im Arbeitsbereich nichts gefunden.",
    },
    "fr": {
        "started": "Je prépare le plan de « {title} ». Je te le montre avant de faire quoi que ce soit.",
        "running": "« {title} » est déjà en cours : {status}.",
        "changed": "Je refais le plan de « {title} » en en tenant compte.",
        "cancelled": "J’arrête « {title} » et j’annule ce qui peut l’être.",
        "denied": "Le plan de « {title} » est refusé.",
        "approved": "Approuvé. Je commence « {title} ».",
        "retried": "Je recommence « {title} ».",
        "show": "Voici le plan de « {title} » :\n{plan}\n"
        "Dis « approuvé » pour approuver exactement cela, ou ce qui doit changer.",
        "sure": "Dois-je arrêter « {title} » et annuler ce qui peut l’être ? Dis oui.",
        "long": "Le plan de « {title} » est trop long pour être montré ici. Lis-le dans sa page et décide là-bas.",
        "nothing": "Rien n’attend de décision ici.",
        "which": "Lequel veux-tu dire ? {titles}",
        "none": "Je ne connais pas de telle page. Donne-moi son titre.",
        "cannot": "C’est impossible : {why}",
        "not_in_project": "Je n’ai rien trouvé là-dessus dans ce projet.",
        "not_found": "Je n’ai rien trouvé là-dessus dans l’espace de travail.",
    },
    "es": {
        "started": "Estoy planificando «{title}». Te enseño el plan antes de hacer nada.",
        "running": "«{title}» ya está en marcha: {status}.",
        "changed": "Vuelvo a planificar «{title}» teniéndolo en cuenta.",
        "cancelled": "Detengo «{title}» y deshago lo que se pueda.",
        "denied": "El plan de «{title}» queda rechazado.",
        "approved": "Aprobado. Empiezo con «{title}».",
        "retried": "Repito «{title}».",
        "show": "Este es el plan de «{title}»:\n{plan}\n"
        "Di «aprobado» para aprobar exactamente esto, o qué debe cambiar.",
        "sure": "¿Detengo «{title}» y deshago lo que se pueda? Di sí.",
        "long": "El plan de «{title}» es demasiado largo para enseñarlo aquí. Léelo en su página y decide allí.",
        "nothing": "Aquí no hay nada por decidir.",
        "which": "¿Cuál quieres decir? {titles}",
        "none": "No conozco esa página. Dime su título.",
        "cannot": "No se puede: {why}",
        "not_in_project": "No he encontrado nada sobre eso en este proyecto.",
        "not_found": "No he encontrado nada sobre eso en el espacio de trabajo.",
    },
}


def say(name: str, language: str = "en", **given: str) -> str:
    """Return one of our sentences in that language, in English where we have none."""
    table = _SAID.get(language.partition("-")[0], _SAID["en"])
    return table[name].format(**given)
