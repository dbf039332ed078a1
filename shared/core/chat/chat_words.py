"""What can be meant in a conversation, and what we say back, in the languages we know by heart.

What somebody says is read in `talk`, a yes that decides in `decision_words`: no model, and no guess, approves anything.
"""

from __future__ import annotations

from collections.abc import Mapping

ASK, START, CHANGE, CANCEL, DENY, EXPLAIN, RETRY = "ask", "start", "change", "cancel", "deny", "explain", "retry"
APPROVE = "approve"  # read by rules alone: it is no intent that a model may name
LIST, HELP = "list", "help"
NOT_LISTED = "none"  # what a model says of a page or a run that is named, and is none of those it was told of
ACTS = frozenset({START, CHANGE, CANCEL, DENY, RETRY, APPROVE})

_SAID: Mapping[str, Mapping[str, str]] = {
    "en": {
        "started": "I am planning “{title}”. I will show you the plan before anything is done.",
        "running": "“{title}” is being worked on already: {status}.",
        "changed": "I am planning “{title}” again with that in mind.",
        "cancelled": "I am stopping “{title}” and undoing what can be undone.",
        "denied": "The plan for “{title}” is denied.",
        "approved": "Approved. I am starting on “{title}”.",
        "retried": "I am doing “{title}” over.",
        "show": "This is the plan for “{title}”:\n{plan}\n"
        "Say “approve” to approve exactly this, or what should be different.",
        "long": "The plan for “{title}” is too long to be shown here. Read it on its page, and decide there.",
        "nothing": "Nothing waits for a decision here.",
        "none": "I do not know which page or run you mean. Tell me its title.",
        "cannot": "That cannot be done: {why}",
        "not_in_project": "I found nothing about that in this project.",
        "not_found": "I found nothing about that in the workspace.",
        "which": "Which one do you mean? Say its number.\n{titles}",
        "which_more": "Which one do you mean? Say its title; these are the first.\n{titles}",
        "sure_cancel": "Shall I stop “{title}” and undo what can be undone? Say yes.",
        "sure_start": "Shall I plan “{title}”? Say yes.",
        "sure_retry": "Shall I do “{title}” over? Say yes.",
        "sure_deny": "Shall I reject the plan for “{title}”? Say yes.",
        "sure_change": "Shall I plan “{title}” again with that in mind? Say yes.",
        "sure_approve": "Do you mean “{title}”? Say yes, and I will show you its plan.",
        "sure_explain": "Do you mean “{title}”? Say yes.",
        "missing": "There is no page or run called “{name}”.",
        "left": "I am leaving it as it is.",
        "left_one": "I am leaving “{title}” as it is.",
        "later": "I cannot wait for a time or a condition, so I have done nothing. Tell me when it is time.",
        "one_by_one": "That is more than one thing, so I have done nothing. Tell me one at a time.",
        "told": "I have done nothing, because you were telling me about it. If you want it done, tell me to do it.",
        "ended": "“{title}” has already ended: {status}.",
        "not_waiting": "“{title}” is not waiting for a decision: {status}.",
        "elsewhere": "The plan for “{title}” is decided on its own page.",
        "open": "Open now:\n{titles}",
        "open_none": "No run is open.",
        "failed": "These failed:\n{titles}",
        "failed_none": "No run has failed.",
        "no_runs": "There are no runs yet. Say “plan” and the title of a page.",
        "help": "Ask me what your workspace says, or tell me what to do:\n"
        "• “plan Choir”: I make a plan for that page and show it to you.\n"
        "• “approve Choir”: I show its plan; the next “approve” starts the work.\n"
        "• “add the opening hours”: the plan is made again with that in mind.\n"
        "• “reject Choir”, “stop Choir”, “try Choir again”\n"
        "• “what is the status?”, “why did Choir fail?”, “which runs are open?”\n"
        "If several pages or runs have such a title, I ask which one you mean.",
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
        "long": "Der Plan für „{title}“ ist zu lang für hier. Lies ihn in seiner Seite, und entscheide dort.",
        "nothing": "Hier wartet nichts auf eine Entscheidung.",
        "none": "So eine Seite oder einen solchen Lauf kenne ich nicht. Nenne mir den Titel.",
        "cannot": "Das geht nicht: {why}",
        "not_in_project": "Dazu habe ich in diesem Projekt nichts gefunden.",
        "not_found": "Dazu habe ich im Arbeitsbereich nichts gefunden.",
        "which": "Was meinst du? Sag die Nummer.\n{titles}",
        "which_more": "Was meinst du? Sag den Titel; das sind die ersten.\n{titles}",
        "sure_cancel": "Soll ich „{title}“ anhalten und zurücknehmen, was sich zurücknehmen lässt? Sag ja.",
        "sure_start": "Soll ich „{title}“ planen? Sag ja.",
        "sure_retry": "Soll ich „{title}“ noch einmal machen? Sag ja.",
        "sure_deny": "Soll ich den Plan für „{title}“ ablehnen? Sag ja.",
        "sure_change": "Soll ich „{title}“ damit noch einmal planen? Sag ja.",
        "sure_approve": "Meinst du „{title}“? Sag ja, dann zeige ich dir den Plan.",
        "sure_explain": "Meinst du „{title}“? Sag ja.",
        "missing": "Es gibt weder eine Seite noch einen Lauf mit dem Titel „{name}“.",
        "left": "Ich lasse es, wie es ist.",
        "left_one": "Ich lasse „{title}“, wie es ist.",
        "later": "Ich kann nicht auf einen Zeitpunkt oder eine Bedingung warten und habe nichts getan. Sag es "
        "mir, wenn es so weit ist.",
        "one_by_one": "Das ist mehr als eines auf einmal, darum habe ich nichts getan. Sag mir eines nach dem anderen.",
        "told": "Ich habe nichts getan, denn du hast nur davon erzählt. Soll ich es tun, dann trag es mir auf.",
        "ended": "„{title}“ ist schon zu Ende: {status}.",
        "not_waiting": "„{title}“ wartet nicht auf eine Entscheidung: {status}.",
        "elsewhere": "Über den Plan für „{title}“ wird auf seiner eigenen Seite entschieden.",
        "open": "Offen sind:\n{titles}",
        "open_none": "Es ist kein Lauf offen.",
        "failed": "Fehlgeschlagen sind:\n{titles}",
        "failed_none": "Es ist kein Lauf fehlgeschlagen.",
        "no_runs": "Es gibt noch keine Läufe. Sag „plane“ und den Titel einer Seite.",
        "help": "Frag mich, was in eurem Arbeitsbereich steht, oder sag mir, was ich tun soll:\n"
        "• „plane Chor“: Ich mache einen Plan für diese Seite und zeige ihn dir.\n"
        "• „genehmige Chor“: Ich zeige den Plan; das nächste „genehmigt“ startet die Arbeit.\n"
        "• „ändere die Öffnungszeiten“: Der Plan wird damit noch einmal gemacht.\n"
        "• „lehne Chor ab“, „stopp Chor“, „mach Chor noch einmal“\n"
        "• „Status von Chor“, „Warum ist Chor fehlgeschlagen?“, „Welche Läufe sind offen?“\n"
        "Passen mehrere Titel, frage ich, was du meinst.",
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
        "long": "Le plan de « {title} » est trop long pour être montré ici. Lis-le dans sa page et décide là-bas.",
        "nothing": "Rien n’attend de décision ici.",
        "none": "Je ne connais pas de telle page. Donne-moi son titre.",
        "cannot": "C’est impossible : {why}",
        "not_in_project": "Je n’ai rien trouvé là-dessus dans ce projet.",
        "not_found": "Je n’ai rien trouvé là-dessus dans l’espace de travail.",
        "which": "Lequel veux-tu dire ? Dis son numéro.\n{titles}",
        "which_more": "Lequel veux-tu dire ? Dis son titre ; voici les premiers.\n{titles}",
        "sure_cancel": "Dois-je arrêter « {title} » et annuler ce qui peut l’être ? Dis oui.",
        "sure_start": "Dois-je planifier « {title} » ? Dis oui.",
        "sure_retry": "Dois-je recommencer « {title} » ? Dis oui.",
        "sure_deny": "Dois-je refuser le plan de « {title} » ? Dis oui.",
        "sure_change": "Dois-je refaire le plan de « {title} » en en tenant compte ? Dis oui.",
        "sure_approve": "Veux-tu dire « {title} » ? Dis oui, et je te montre son plan.",
        "sure_explain": "Veux-tu dire « {title} » ? Dis oui.",
        "missing": "Il n’y a ni page ni travail qui s’appelle « {name} ».",
        "left": "Je laisse les choses comme elles sont.",
        "left_one": "Je laisse « {title} » tel quel.",
        "later": "Je ne peux pas attendre un moment ou une condition ; je n’ai rien fait. Dis-le-moi le moment venu.",
        "one_by_one": "Il y a là plusieurs demandes ; je n’ai rien fait. Dis-les-moi une par une.",
        "told": "Je n’ai rien fait, car tu en parlais seulement. Si je dois le faire, demande-le-moi directement.",
        "ended": "« {title} » est déjà terminé : {status}.",
        "not_waiting": "« {title} » n’attend pas de décision : {status}.",
        "elsewhere": "Le plan de « {title} » se décide dans sa propre page.",
        "open": "En cours :\n{titles}",
        "open_none": "Rien n’est en cours.",
        "failed": "Ont échoué :\n{titles}",
        "failed_none": "Rien n’a échoué.",
        "no_runs": "Il n’y a encore rien. Dis « planifie » et le titre d’une page.",
        "help": "Demande-moi ce que dit votre espace de travail, ou dis-moi que faire :\n"
        "• « planifie Chorale » : je fais un plan de cette page et te le montre.\n"
        "• « approuve Chorale » : je montre le plan ; le prochain « approuvé » lance le travail.\n"
        "• « modifie les horaires » : le plan est refait en en tenant compte.\n"
        "• « refuse Chorale », « arrête Chorale », « réessaie Chorale »\n"
        "• « où en est Chorale ? », « pourquoi Chorale a échoué ? »\n"
        "Si plusieurs titres conviennent, je demande lequel.",
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
        "long": "El plan de «{title}» es demasiado largo para enseñarlo aquí. Léelo en su página y decide allí.",
        "nothing": "Aquí no hay nada por decidir.",
        "none": "No conozco esa página. Dime su título.",
        "cannot": "No se puede: {why}",
        "not_in_project": "No he encontrado nada sobre eso en este proyecto.",
        "not_found": "No he encontrado nada sobre eso en el espacio de trabajo.",
        "which": "¿Cuál quieres decir? Di su número.\n{titles}",
        "which_more": "¿Cuál quieres decir? Di su título; estos son los primeros.\n{titles}",
        "sure_cancel": "¿Detengo «{title}» y deshago lo que se pueda? Di sí.",
        "sure_start": "¿Planifico «{title}»? Di sí.",
        "sure_retry": "¿Repito «{title}»? Di sí.",
        "sure_deny": "¿Rechazo el plan de «{title}»? Di sí.",
        "sure_change": "¿Vuelvo a planificar «{title}» teniéndolo en cuenta? Di sí.",
        "sure_approve": "¿Quieres decir «{title}»? Di sí, y te enseño su plan.",
        "sure_explain": "¿Quieres decir «{title}»? Di sí.",
        "missing": "No hay ninguna página ni ejecución que se llame «{name}».",
        "left": "Lo dejo como está.",
        "left_one": "Dejo «{title}» como está.",
        "later": "No puedo esperar a un momento o a una condición, así que no he hecho nada. Dímelo cuando "
        "llegue el momento.",
        "one_by_one": "Son varias cosas a la vez, así que no he hecho nada. Dímelas una por una.",
        "told": "No he hecho nada, porque solo me lo contabas. Si debo hacerlo, pídemelo directamente.",
        "ended": "«{title}» ya ha terminado: {status}.",
        "not_waiting": "«{title}» no espera ninguna decisión: {status}.",
        "elsewhere": "El plan de «{title}» se decide en su propia página.",
        "open": "Abiertas ahora:\n{titles}",
        "open_none": "No hay nada abierto.",
        "failed": "Han fallado:\n{titles}",
        "failed_none": "No ha fallado nada.",
        "no_runs": "Todavía no hay nada. Di «planifica» y el título de una página.",
        "help": "Pregúntame qué dice vuestro espacio de trabajo, o dime qué hacer:\n"
        "• «planifica Coro»: hago un plan de esa página y te lo enseño.\n"
        "• «aprueba Coro»: enseño el plan; el siguiente «aprobado» empieza el trabajo.\n"
        "• «cambia el horario»: el plan se vuelve a hacer teniéndolo en cuenta.\n"
        "• «rechaza Coro», «cancela Coro», «reintenta Coro»\n"
        "• «¿cómo va Coro?», «¿por qué falló Coro?»\n"
        "Si varios títulos encajan, pregunto cuál.",
    },
}


def say(sentence: str, language: str = "en", **given: str) -> str:
    """Return one of our sentences in that language, in English where we have none."""
    table = _SAID.get(language.partition("-")[0], _SAID["en"])
    return table[sentence].format(**given)
