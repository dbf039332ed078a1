"""What people are told who show the addresses or commands of a service, and want rules that no record knows by "
"itself."""

from __future__ import annotations

from collections.abc import Mapping

RULES_ASKED: Mapping[str, str] = {
    "en": "‘{title}’ wants more of its service than rules can write (“{line}”). Without a language model I can "
    "only write "
    "one that adds, lists, finds, changes and deletes records and checks the fields of each by itself; so nothing is "
    "planned. A language model would write the rest: connect one, and comment “again”. Or comment “service” for the "
    "records without this, “site” to publish the text, or “nothing” to leave it.",
    "de": "‘{title}’ verlangt von seinem Dienst mehr, als sich nach Regeln schreiben lässt (“{line}”). Ohne "
    "Sprachmodell "
    "kann ich nur einen schreiben, der Einträge aufnimmt, auflistet, findet, ändert und löscht und die Felder jedes "
    "einzelnen prüft; also ist nichts geplant. Ein Sprachmodell würde das Übrige schreiben: eines verbinden und “noch "
    "einmal” kommentieren. Oder kommentiert “Dienst” für die Einträge ohne dies, “Seite”, um den Text zu "
    "veröffentlichen, "
    "oder “nichts”, um es zu lassen.",
    "fr": "‘{title}’ demande à son service plus que ce que des règles peuvent écrire (“{line}”). Sans modèle de "
    "langage, "
    "je ne peux en écrire qu’un qui ajoute, liste, trouve, change et supprime des enregistrements et vérifie les "
    "champs "
    "de chacun ; rien n’est donc prévu. Un modèle de langage écrirait le reste : connectez-en un. Ou commentez "
    "“service” "
    "pour les enregistrements sans cela, “site” pour publier le texte, ou “rien” pour ne rien faire.",
    "es": "‘{title}’ pide a su servicio más de lo que se puede escribir con reglas (“{line}”). Sin un modelo de "
    "lenguaje "
    "solo puedo escribir uno que añade, lista, encuentra, cambia y borra registros y comprueba los campos de cada uno; "
    "así que no hay nada planeado. Un modelo de lenguaje escribiría lo demás: conecte uno. O comente “servicio” "
    "para los "
    "registros sin eso, “sitio” para publicar el texto, o “nada” para dejarlo.",
    "pt": "‘{title}’ pede ao seu serviço mais do que se pode escrever com regras (“{line}”). Sem um modelo de "
    "linguagem só "
    "posso escrever um que acrescenta, lista, encontra, altera e apaga registos e verifica os campos de cada um; "
    "por isso "
    "nada está planeado. Um modelo de linguagem escreveria o resto: conecte um. Ou comente “serviço” para os "
    "registos sem "
    "isso, “site” para publicar o texto, ou “nada” para não fazer nada.",
    "zh": "‘{title}’对服务的要求超出了规则能写的范围（“{line}”）。没有语言模型时，"
    "我只能写一个添加、列出、查找、修改和删除记录、"
    "并逐条检查字段的服务，所以没有计划什么；语言模型可以写其余的，请连接一个。"
    "也可以评论“服务”以只做记录，“网站”以发布文字，或“不用”。",
}
