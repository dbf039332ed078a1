"""What people are asked, or told that rules cannot do it, in their language; each can be answered in one word."""

from __future__ import annotations

from collections.abc import Mapping

from shared.backends.offline.judging.clues.evidence import SHOWN
from shared.backends.offline.judging.clues.signs import BEYOND, NOTES, NOTHING, NOTION, PRIVATE, REPAIR
from shared.backends.offline.judging.judgement import PROGRAM, Judgement
from shared.backends.offline.judging.talk.rule_questions import RULES_ASKED
from shared.backends.offline.judging.thinness import THIN, UNTOLD
from shared.backends.offline.page_blocks import shorten

_MAX_LINES = 3


def question_of(
    judgement: Judgement,
    title: str,
    language: str,
    unread: tuple[str, ...],
    *,
    partly: bool,
    nothing_left: bool = False,
) -> str:
    """Return the question; `partly`: what is private is a part of the page that can be left out.

    `nothing_left`: somebody wants it left out, and it is all of the page.
    """
    more = [each for each in judgement.because if each.sign.of == BEYOND]
    shown = judgement.taken_for == PROGRAM and bool(more) and any(each.sign.says in SHOWN for each in judgement.because)
    words = RULES_ASKED if shown else _ASKED[judgement.taken_for]
    lines = [shorten(each.line.text, 80) for each in more or judgement.because]
    line = "”, “".join(lines[: _MAX_LINES if more else 1]) or title
    known = language if language in words else "en"
    found = words[known].format(title=title, line=line)
    if partly and judgement.taken_for == PRIVATE:
        found += " " + _PARTLY[known]
    elif nothing_left and judgement.taken_for == PRIVATE:
        found = f"{_NOTHING_LEFT[known]} {found}"
    if unread:
        found = f"{_UNREAD[known].format(said=shorten(unread[-1], 80))} {found}"
    return found


_UNREAD: Mapping[str, str] = {
    "en": "I could not read a choice in “{said}”.",
    "de": "Aus “{said}” konnte ich keine Wahl lesen.",
    "fr": "Je n’ai pas pu lire de choix dans “{said}”.",
    "es": "No he podido leer una elección en “{said}”.",
    "pt": "Não consegui ler uma escolha em “{said}”.",
    "zh": "从“{said}”里看不出选择。",
}
_PARTLY: Mapping[str, str] = {
    "en": "“without” leaves out what is marked so and publishes the rest.",
    "de": "“ohne” lässt weg, was so gekennzeichnet ist, und veröffentlicht den Rest.",
    "fr": "“sans” omet ce qui est marqué ainsi et publie le reste.",
    "es": "“sin” omite lo que está marcado así y publica el resto.",
    "pt": "“sem” deixa de fora o que está marcado assim e publica o resto.",
    "zh": "“不含”会略去这样标注的部分，发布其余内容。",
}
_NOTHING_LEFT: Mapping[str, str] = {
    "en": "What is marked so is the whole page: without it, nothing would remain.",
    "de": "So gekennzeichnet ist die ganze Seite: Ohne das bliebe nichts übrig.",
    "fr": "C’est toute la page qui est marquée ainsi : sans cela, il ne resterait rien.",
    "es": "Lo que está marcado así es toda la página: sin eso no quedaría nada.",
    "pt": "O que está marcado assim é a página inteira: sem isso não restaria nada.",
    "zh": "这样标注的是整个页面：去掉之后什么都不剩。",
}
_ASKED: Mapping[str, Mapping[str, str]] = {
    NOTES: {
        "en": "‘{title}’ reads as notes for yourselves, or as words for somebody you know (“{line}”), and nothing "
        "in it clearly asks for something to be built. So nothing is planned. If it is for everybody after all, "
        "comment "
        "“site” to publish what it says; otherwise comment “nothing” to leave it.",
        "de": "‘{title}’ liest sich wie Notizen für euch selbst oder Worte an jemanden, den ihr kennt (“{line}”), "
        "und nichts "
        "darin verlangt eindeutig, dass etwas gebaut wird. Also ist nichts geplant. Ist es doch für alle, kommentiert "
        "“Seite”, um zu veröffentlichen, was da steht; sonst “nichts”, um es zu lassen.",
        "fr": "‘{title}’ se lit comme des notes pour vous-mêmes, ou un mot pour quelqu’un que vous connaissez "
        "(“{line}”), et "
        "rien n’y demande clairement de construire quelque chose. Rien n’est donc prévu. Si c’est pour tout le monde, "
        "commentez “site” pour publier ce que dit la page ; sinon, “rien” pour ne rien faire.",
        "es": "‘{title}’ parece ser notas para ustedes mismos, o unas palabras para alguien que conocen "
        "(“{line}”), y nada pide "
        "claramente que se construya algo. Así que no hay nada planeado. Si es para todos, comente “sitio” para "
        "publicar lo que dice; si no, “nada” para dejarlo.",
        "pt": "‘{title}’ parece ser anotações para vocês mesmos, ou palavras para alguém que conhecem (“{line}”), "
        "e nada pede "
        "claramente que se construa algo. Por isso nada está planeado. Se é para todos, comente “site” para publicar o "
        "que diz; se não, “nada” para não fazer nada.",
        "zh": "‘{title}’读起来像是写给自己的笔记，或写给熟人的话（“{line}”），没有明确要求做什么，所以没有计划什么。"
        "如果它是给所有人看的，请评论“网站”以发布这些内容；否则评论“不用”。",
    },
    UNTOLD: {
        "en": "‘{title}’ says much, but not that it is meant for others: nothing in it asks for something to be built, "
        "or tells readers what they get, where, when or at what price. So nothing is planned. If everybody may "
        "read it, "
        "comment “site” to publish it as it stands; otherwise comment “nothing” to leave it.",
        "de": "‘{title}’ sagt viel, aber nicht, dass es für andere gedacht ist: Nichts darin verlangt, dass etwas "
        "gebaut "
        "wird, oder sagt Lesern, was sie wo, wann oder zu welchem Preis bekommen. Also ist nichts geplant. Dürfen "
        "es alle "
        "lesen, kommentiert “Seite”, um es so zu veröffentlichen; sonst “nichts”, um es zu lassen.",
        "fr": "‘{title}’ dit beaucoup, mais pas que c’est destiné à d’autres : rien n’y demande de construire quelque "
        "chose, ni ne dit aux lecteurs ce qu’ils trouvent, où, quand ou à quel prix. Rien n’est donc prévu. Si tout le "
        "monde peut le lire, commentez “site” pour le publier tel quel ; sinon, “rien” pour ne rien faire.",
        "es": "‘{title}’ dice mucho, pero no que sea para otros: nada pide que se construya algo, ni dice a los "
        "lectores "
        "qué reciben, dónde, cuándo o a qué precio. Así que no hay nada planeado. Si todos pueden leerlo, comente "
        "“sitio” "
        "para publicarlo tal cual; si no, “nada” para dejarlo.",
        "pt": "‘{title}’ diz muito, mas não que seja para outros: nada pede que se construa algo, nem diz aos "
        "leitores o "
        "que recebem, onde, quando ou a que preço. Por isso nada está planeado. Se todos o podem ler, comente "
        "“site” para "
        "publicá-lo tal como está; se não, “nada” para não fazer nada.",
        "zh": "‘{title}’写了很多，但没有说是给别人看的：没有要求做什么，也没有告诉读者能得到什么、在哪里、"
        "什么时候、多少钱。所以没有计划什么。如果所有人都可以看，请评论“网站”以原样发布；否则评论“不用”。",
    },
    THIN: {
        "en": "I cannot tell what ‘{title}’ is for: it asks for nothing to be built, and says little that others "
        "would look for. What should it become? Comment “site” to publish what it says, “service” for a small "
        "service that keeps records, “tool” for a small command-line tool that keeps them, or “nothing” to "
        "leave it.",
        "de": "Wozu ‘{title}’ dient, kann ich nicht erkennen: Es verlangt nicht, dass etwas gebaut wird, und sagt "
        "wenig, was andere suchen würden. Was soll daraus werden? Kommentiert “Seite”, um zu veröffentlichen,"
        " was da steht, “Dienst” für einen kleinen Dienst, der Einträge führt, “Werkzeug” für ein kleines "
        "Kommandozeilenprogramm, das sie führt, oder “nichts”, um es zu lassen.",
        "fr": "Je ne peux pas dire à quoi sert ‘{title}’ : rien n’y demande de construire quelque chose, et la page"
        " dit peu de ce que d’autres chercheraient. Que doit-elle devenir ? Commentez “site” pour publier ce "
        "qu’elle dit, “service” pour un petit service qui garde des enregistrements, “outil” pour un petit "
        "outil en ligne de commande qui les garde, ou “rien” pour ne rien faire.",
        "es": "No puedo saber para qué es ‘{title}’: no pide que se construya nada y dice poco que otros buscarían."
        " ¿En qué debe convertirse? Comente “sitio” para publicar lo que dice, “servicio” para un pequeño "
        "servicio que guarda registros, “herramienta” para una pequeña herramienta de línea de comandos que "
        "los guarda, o “nada” para dejarlo.",
        "pt": "Não consigo perceber para que serve ‘{title}’: não pede que se construa nada e diz pouco que outros "
        "procurariam. Em que se deve tornar? Comente “site” para publicar o que diz, “serviço” para um "
        "pequeno serviço que guarda registos, “ferramenta” para uma pequena ferramenta de linha de comandos "
        "que os guarda, ou “nada” para não fazer nada.",
        "zh": "看不出‘{title}’是做什么用的：它没有要求做什么，也没有写多少别人会来找的内容。它应该"
        "成为什么？请评论“网站”以发布这些内容，“服务”以做一个保存记录的小服务，“工具”以做一个保"
        "存记录的命令行小工具，或“不用”表示什么都不做。",
    },
    PRIVATE: {
        "en": "‘{title}’ says that it is not for everybody: “{line}”. Should all of it be published nevertheless? "
        "Comment “publish” if everybody may see it, or “nothing” to leave it.",
        "de": "‘{title}’ sagt, dass es nicht für alle ist: “{line}”. Soll trotzdem alles veröffentlicht werden? "
        "Kommentiert “veröffentlichen”, wenn alle es sehen dürfen, oder “nichts”, um es zu lassen.",
        "fr": "‘{title}’ dit que ce n’est pas pour tout le monde : “{line}”. Faut-il tout publier quand même ? "
        "Commentez “publier” si tous peuvent le voir, ou “rien” pour ne rien faire.",
        "es": "‘{title}’ dice que no es para todos: “{line}”. ¿Debe publicarse todo de todos modos? "
        "Comente “publicar” si todos pueden verlo, o “nada” para dejarlo.",
        "pt": "‘{title}’ diz que não é para todos: “{line}”. Deve-se publicar tudo mesmo assim? "
        "Comente “publicar” se todos podem ver, ou “nada” para não fazer nada.",
        "zh": "‘{title}’写明它不是给所有人看的：“{line}”。仍要全部公开吗？如果所有人都可以看，"
        "请评论“公开”；否则评论“不用”。",
    },
    NOTHING: {
        "en": "‘{title}’ says that no website is wanted: “{line}”. So none is planned. What should be done instead? "
        "Comment “service” for a small service that keeps records, “site” if a site is wanted after all, or "
        "“nothing”.",
        "de": "‘{title}’ sagt, dass keine Website gewünscht ist: “{line}”. Also ist keine geplant. Was soll statt "
        "dessen geschehen? Kommentiert “Dienst” für einen kleinen Dienst, der Einträge führt, “Seite”, wenn doch "
        "eine "
        "gewünscht ist, oder “nichts”.",
        "fr": "‘{title}’ dit qu’aucun site n’est souhaité : “{line}”. Aucun n’est donc prévu. Que faut-il faire à la "
        "place ? Commentez “service”, “site” si un site est souhaité tout de même, ou “rien”.",
        "es": "‘{title}’ dice que no se desea ningún sitio: “{line}”. Así que no se planea ninguno. ¿Qué se debe "
        "hacer "
        "en su lugar? Comente “servicio”, “sitio” si se desea uno después de todo, o “nada”.",
        "pt": "‘{title}’ diz que não se quer nenhum site: “{line}”. Por isso nenhum está planeado. O que se deve "
        "fazer "
        "em vez disso? Comente “serviço”, “site” se afinal se quer um, ou “nada”.",
        "zh": "‘{title}’说明不要网站：“{line}”。所以没有计划网站。那么要做什么？请评论“服务”，"
        "如果还是要网站请评论“网站”，或“不用”。",
    },
    NOTION: {
        "en": "‘{title}’ asks for work in Notion (“{line}”). There is no rule for that: without a language model I "
        "can "
        "build sites and small services, and nothing of it is planned. A language model would do it with the step "
        "notion.update_rows or its like: connect one, and comment “again”. Is something to be built "
        "from the page instead? Comment “site” or “service”, or “nothing” to leave it.",
        "de": "‘{title}’ verlangt Arbeit in Notion (“{line}”). Dafür gibt es keine Regel: Ohne Sprachmodell kann ich "
        "Seiten und kleine Dienste bauen, und nichts davon ist geplant. Ein Sprachmodell würde es mit dem Schritt "
        "notion.update_rows oder ähnlichen tun: eines verbinden und “noch einmal” kommentieren. Soll statt "
        "dessen etwas gebaut werden? Kommentiert “Seite” oder “Dienst”, oder “nichts”, um es zu lassen.",
        "fr": "‘{title}’ demande un travail dans Notion (“{line}”). Il n’y a pas de règle pour cela : sans modèle de "
        "langage je construis des sites et de petits services. Un modèle de langage le ferait avec l’étape "
        "notion.update_rows ou semblable : connectez-en un. Faut-il construire quelque chose à la place ? Commentez "
        "“site” ou “service”, ou “rien” pour ne rien faire.",
        "es": "‘{title}’ pide un trabajo en Notion (“{line}”). No hay regla para eso: sin un modelo de lenguaje "
        "puedo "
        "construir sitios y pequeños servicios. Un modelo de lenguaje lo haría con el paso notion.update_rows u "
        "otro: "
        "conecte uno. ¿Se debe construir algo en su lugar? Comente “sitio” o “servicio”, o “nada” para dejarlo.",
        "pt": "‘{title}’ pede um trabalho no Notion (“{line}”). Não há regra para isso: sem um modelo de linguagem "
        "posso construir sites e pequenos serviços. Um modelo de linguagem o faria com o passo notion.update_rows ou "
        "outro: conecte um. Deve-se construir algo em vez disso? Comente “site” ou “serviço”, ou “nada”.",
        "zh": "‘{title}’要求在 Notion 里做事（“{line}”）。没有这样的规则：没有语言模型时，我只能做网站和小服务。"
        "语言模型会用 "
        "notion.update_rows 之类的步骤来做：请连接一个。是否要改做别的？请评论“网站”或“服务”，或“不用”。",
    },
    REPAIR: {
        "en": "‘{title}’ reports a fault in something that exists (“{line}”). By rules I cannot change code that is "
        "there, so nothing is planned; a language model can, with the team's repository connected. Is something to "
        "be "
        "built from the page instead? Comment “site” to publish what it says, or “nothing” to leave it.",
        "de": "‘{title}’ meldet einen Fehler in etwas, das es gibt (“{line}”). Nach Regeln kann ich vorhandenen Code "
        "nicht ändern, also ist nichts geplant; ein Sprachmodell kann es, wenn das Repository verbunden ist. Soll "
        "statt "
        "dessen etwas gebaut werden? Kommentiert “Seite”, um die Meldung zu veröffentlichen, oder “nichts”.",
        "fr": "‘{title}’ signale un défaut dans quelque chose qui existe (“{line}”). Par des règles je ne peux pas "
        "changer du code existant ; un modèle de langage le peut, si le dépôt est connecté. Faut-il construire "
        "quelque "
        "chose à la place ? Commentez “site” pour publier le texte, ou “rien”.",
        "es": "‘{title}’ informa de un fallo en algo que existe (“{line}”). Con reglas no puedo cambiar código que "
        "ya "
        "existe; un modelo de lenguaje sí, con el repositorio conectado. ¿Se debe construir algo en su lugar? "
        "Comente "
        "“sitio” para publicar el texto, o “nada”.",
        "pt": "‘{title}’ relata uma falha em algo que existe (“{line}”). Por regras não posso mudar código "
        "existente; um "
        "modelo de linguagem pode, com o repositório conectado. Deve-se construir algo em vez disso? Comente “site” "
        "para publicar o texto, ou “nada”.",
        "zh": "‘{title}’报告了现有软件的问题（“{line}”）。按规则我不能修改已有的代码；连接了代码库的语言模型可以。"
        "是否要改做别的？"
        "请评论“网站”以发布这些内容，或“不用”。",
    },
    BEYOND: {
        "en": "‘{title}’ wants things that a text cannot do (“{line}”). By rules, without a language model, I can only "
        "publish what the page says, so nothing is planned. A language model would write the rest: connect one, and "
        "comment “again”. Or comment “site” to publish the text as it stands, “service” for a small service that "
        "keeps records, or “nothing” to leave it.",
        "de": "‘{title}’ verlangt, was ein Text nicht kann (“{line}”). Nach Regeln, ohne Sprachmodell, kann ich nur "
        "veröffentlichen, was auf der Seite steht; also ist nichts geplant. Ein Sprachmodell würde das Übrige "
        "schreiben: eines verbinden und “noch einmal” kommentieren. Oder kommentiert “Seite”, um den Text so zu "
        "veröffentlichen, “Dienst” für einen kleinen Dienst, der Einträge führt, oder “nichts”, um es zu lassen.",
        "fr": "‘{title}’ demande ce qu’un texte ne peut pas faire (“{line}”). Par des règles, sans modèle de langage, "
        "je peux seulement publier ce que dit la page ; rien n’est donc prévu. Un modèle de langage écrirait le "
        "reste : connectez-en un. Ou commentez “site” pour publier le texte tel quel, “service” pour un petit "
        "service qui garde des enregistrements, ou “rien” pour ne rien faire.",
        "es": "‘{title}’ pide cosas que un texto no puede hacer (“{line}”). Con reglas, sin un modelo de lenguaje, "
        "solo puedo publicar lo que dice la página; así que no hay nada planeado. Un modelo de lenguaje escribiría "
        "lo demás: conecte uno. O comente “sitio” para publicar el texto tal cual, “servicio” para un pequeño "
        "servicio que guarda registros, o “nada” para dejarlo.",
        "pt": "‘{title}’ pede coisas que um texto não pode fazer (“{line}”). Por regras, sem um modelo de linguagem, "
        "só posso publicar o que a página diz; por isso nada está planeado. Um modelo de linguagem escreveria o "
        "resto: conecte um. Ou comente “site” para publicar o texto tal como está, “serviço” para um pequeno serviço "
        "que "
        "guarda registos, ou “nada” para não fazer nada.",
        "zh": "‘{title}’要的东西单靠文字做不到（“{line}”）。没有语言模型时，"
        "我只能按规则发布页面上的文字，所以没有计划什么；"
        "语言模型可以写其余的，请连接一个。也可以评论“网站”以原样发布文字，“服务”以做一个保存记录的小服务，"
        "或“不用”表示什么都不做。",
    },
    PROGRAM: {
        "en": "‘{title}’ asks for a program that does things (“{line}”). By rules, without a language model, I can "
        "only "
        "write one that keeps records: adds, lists, finds and deletes them; so nothing is planned. A language model "
        "would write the rest: connect one, and comment “again”. If records are meant, which commands "
        "(like `photos add NAME`) or addresses (like `GET /photos`) shall it have, and which fields? Write them on "
        "the "
        "page, or comment “service” for plain records, “site” to publish the text, or “nothing”.",
        "de": "‘{title}’ verlangt ein Programm, das etwas tut (“{line}”). Nach Regeln, ohne Sprachmodell, kann ich "
        "nur "
        "eines schreiben, das Einträge führt: aufnimmt, auflistet, findet und löscht; also ist nichts geplant. Ein "
        "Sprachmodell würde das Übrige schreiben: eines verbinden und “noch einmal” kommentieren. Sind "
        "Einträge gemeint, welche Befehle (wie `fotos add NAME`) oder Adressen (wie `GET /fotos`) soll es haben, und "
        "welche Felder? Schreibt sie auf die Seite, oder kommentiert “Dienst” für einfache Einträge, “Seite”, um den "
        "Text zu veröffentlichen, oder “nichts”.",
        "fr": "‘{title}’ demande un programme qui fait quelque chose (“{line}”). Par des règles, sans modèle de "
        "langage, "
        "je ne peux en écrire qu’un qui garde des enregistrements ; rien n’est donc prévu. Un modèle de langage "
        "écrirait le reste : connectez-en un. Quelles commandes (comme `photos add NAME`) ou adresses (comme "
        "`GET /photos`) et quels champs, si ce sont des enregistrements ? Écrivez-les sur la page, ou commentez "
        "“service”, “site” ou “rien”.",
        "es": "‘{title}’ pide un programa que hace cosas (“{line}”). Con reglas, sin un modelo de lenguaje, solo "
        "puedo "
        "escribir uno que guarda registros; así que no hay nada planeado. Un modelo de lenguaje escribiría lo demás: "
        "conecte uno. Si son registros, ¿qué comandos (como `fotos add NAME`) o direcciones (como `GET /fotos`) y "
        "qué "
        "campos debe tener? Escríbalos en la página, o comente “servicio”, “sitio” o “nada”.",
        "pt": "‘{title}’ pede um programa que faz coisas (“{line}”). Por regras, sem um modelo de linguagem, só "
        "posso "
        "escrever um que guarda registos; por isso nada está planeado. Um modelo de linguagem escreveria o resto: "
        "conecte um. Se são registos, que comandos (como `fotos add NAME`) ou endereços (como `GET /fotos`) e que "
        "campos deve ter? Escreva-os na página, ou comente “serviço”, “site” ou “nada”.",
        "zh": "‘{title}’要求一个会做事的程序（“{line}”）。没有语言模型时，我只能写保存记录的程序，"
        "所以没有计划什么；语言模型可以写其余的，"
        "请连接一个。如果要的是记录，它应有哪些命令（如 `photos add NAME`）或地址（如 `GET "
        "/photos`）和字段？请写在页面上，"
        "或评论“服务”、“网站”或“不用”。",
    },
}
