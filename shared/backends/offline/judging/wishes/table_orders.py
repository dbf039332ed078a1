"""Orders about the rows of a table in the workspace: a table is named as one that is there, and work on it is ordered.

Either alone says nothing: a page may be about a table, and what a page tells its readers to do is no order to us.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.backends.offline.judging.clues.evidence import Found, Line
from shared.backends.offline.judging.clues.signs import NOTION, Sign

_NAME = r"(?:[“„«\"‘']\s?\w|(?-i:[A-ZÀ-ÞА-Я])\w)"  # as a table is called, and not the one in the kitchen
_NAMED = re.compile(
    r"\b(?:in|into|to|from|of|within) (?:the|our|my|this) (?:(?-i:[A-Z])[\w-]+ ){1,2}table\b"  # one sits at others
    r"|\b(?:the|our|my|this) (?:(?-i:[A-Z])[\w-]+ ){1,2}database\b"
    rf"|\b(?:table|database|tabelle|datenbank|tabla|tabela|tabella|tabel|base(?: de (?:données|datos|dados))?)"
    rf" (?:called |named |genannt |appelée |llamada )?{_NAME}"
    r"|\b(?:table|database|rows?|entries|tabelle|datenbank|zeilen|tabla|tabela|tabella|tabel|filas|lignes|righe)\b"
    r".{0,20} (?:in|of|von|dans|en|no|su) notion\b|\bnotion[ -]?(?:table|database|tabelle|datenbank)\b"
    r"|[“《「][^”》」]{1,30}[”》」](?:这个|的)?(?:表格?|数据库|テーブル|データベース)"
    r"|notion ?(?:的|里的|の)?(?:表|数据库|テーブル)",
    re.IGNORECASE,
)
_NAMED_WHERE_IT_GOES = re.compile(  # “add them to our members table”; not “put it on the kitchen table”
    r"\b(?:add|enter|put|insert|copy|record|write) .{0,60}\b(?:in|into|to) (?:our|the|my)"
    r" (?:\w+s table|\w+ database)\b",
    re.IGNORECASE,
)
_VERBS = (
    r"put|add|enter|insert|fill|copy|move|set|change|update|remove|delete|clean|tidy|fix|correct|mark|record|replace"
    r"|merge|deduplicate|rename|sort|archive|normali[sz]e"
)
_ORDERED = re.compile(
    rf"^\W*(?:(?:please|now|also|then|and|just),? )*(?:{_VERBS})\b|\b(?:please|could you|can you) (?:{_VERBS})\b"
    r"|\bbitte (?:\w+ ){0,4}?(?:trag|ergänz|setz|änder|lösch|korrigier|bereinig|füg|aktualisier)\w*"
    r"|^\W*(?:trage?|ergänze?|setze?|ändere?|lösche?|korrigiere?|bereinige?|füge?|aktualisiere?)\b"
    r"|^\W*(?:s['’]il vous plaît,? |merci d['’e] ?)?"
    r"(?:ajoute|met|mett|change|corrige|supprime|remplace|nettoie|complète)\w*"
    r"|^\W*(?:por favor,? )?(?:añad|agreg|pon|cambi|corri[gj]|borr|elimin|actuali[cz]|limpi|adicion|acrescent|alter"
    r"|apag|aggiung|corregg|cancell|aggiorn|puli)\w*"
    r"|^\W*(?:voeg|zet|wijzig|verwijder|werk|vul|corrigeer)\b"
    r"|(?:请|把|将).{0,40}(?:加到|加入|添加|写入|填|改|删|更新|合并|清理)|(?:に|を)(?:追加|変更|削除|更新|修正)して",
    re.IGNORECASE,
)
_TO_READERS = re.compile(r"\byour(?:s|self|selves)?\b", re.IGNORECASE)
_ORDERS_ROWS = Sign(NOTION, 9, "orders work on a table in Notion", re.compile("$^"))


def find_table_orders(lines: Sequence[Line]) -> list[Found]:
    """Return the sign that rows of a table in the workspace are to be changed, with the sentence that orders it."""
    orders = [line for line in lines if _ORDERED.search(line.text) and not _TO_READERS.search(line.text)]
    named = any(_NAMED.search(line.text) for line in lines) or any(
        _NAMED_WHERE_IT_GOES.search(line.text) for line in orders
    )
    return [Found(_ORDERS_ROWS, orders[0], tuple(orders[:3]))] if named and orders else []
