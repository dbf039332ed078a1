"""Columns that became text: the `Owner: …`, `Created by: …` lines that Notion's export writes below a title."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LINE = re.compile(r"([^\W\d_][\w .()/&-]{0,59}):(?:[ \t]+(.*))?")
# Names that are of columns and of nothing that people write for others to read. “When: Saturday” and “Place: …” are
# what an invitation says; a group with one of these names is an export. In lower case.
_TELLING = frozenset(
    name.strip()
    for names in (
        "owner, created by, created time, created, last edited by, last edited time, last edited, last updated",
        "last updated time, edited by, status, assignee, assign, assigned to, tags, due, due date, priority, reviewer",
        "reviewers, verification, stakeholders, parent item, sub-item, sub-items, parent task, sub-tasks, blocked by",
        "blocking, story points, sprint, archived, responsible",
        "eigentümer, besitzer, erstellt von, erstellt am, erstellt, zuletzt bearbeitet von, zuletzt bearbeitet",
        "verantwortlich, zuständig, zugewiesen, fällig, fällig am, priorität, schlagwörter, stand, bearbeiter",
        "propriétaire, créé par, créé le, dernière modification, modifié par, statut, étiquettes, échéance, priorité",
        "propietario, propietaria, creado por, creado el, fecha de creación, última edición, editado por, estado",
        "etiquetas, vencimiento, prioridad, asignado a, proprietario, creato da, creato il, ultima modifica, stato",
        "scadenza, priorità, proprietário, criado por, criado em, última edição, editado por último por, responsável",
        "etiqueta, prioridade, eigenaar, gemaakt door, gemaakt op, laatst bewerkt, prioriteit, vervaldatum, sahibi",
        "oluşturan, oluşturulma, son düzenleyen, durum, öncelik, владелец, автор записи, создано, создал, создатель",
        "статус, ответственный, приоритет, срок, теги, właściciel, utworzone przez, utworzono, priorytet, termin",
        "所有者, 创建者, 创建人, 创建时间, 负责人, 状态, 标签, 优先级, 截止日期, 最后编辑者, 作成者, 作成日時, 担当",
        "担当者, ステータス, タグ, 優先度, 期限, 最終更新者, 만든 사람, 생성일, 생성자, 담당자, 상태, 태그, 우선순위",
        "المالك, أنشأه, الحالة, المسؤول, الأولوية, مالک, ایجاد شده توسط, وضعیت, مسئول, اولویت",
    )
    for name in names.split(",")
)


def split_property(line: str) -> tuple[str, str]:
    """Return name and value of a `Name: value` line; two empty texts of any other."""
    match = _LINE.fullmatch(line.rstrip().replace("：", ": ", 1) if "：" in line[:60] else line.rstrip())
    return (match.group(1).strip(), (match.group(2) or "").strip()) if match else ("", "")


def are_properties(names: Iterable[str]) -> bool:
    """Say whether a group of `Name: value` lines came from columns: at least one name is of nothing else."""
    return any(name.casefold() in _TELLING for name in names)
