"""Signs that a page is meant for the people it comes from: colleagues, somebody it is addressed to, a shift, a "
"class."""

from __future__ import annotations

import re

from shared.backends.offline.judging.signs import ANY, LABEL, NOTES, TITLE, Sign

_DAYS = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|noon|eod|cob|end of (?:day|week|the week|"
    r"the month)|next week|"
    r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|morgen|lundi|mardi|mercredi|jeudi|vendredi|demain|lunes|martes|"
    r"miércoles|jueves|viernes|mañana|segunda|terça|quarta|quinta|sexta|amanhã|lunedì|martedì|mercoledì|giovedì|"
    r"venerdì|domani"
)


def _sign(weight: int, says: str, *parts: str, where: str = ANY, least: int = 1) -> Sign:
    return Sign(NOTES, weight, says, re.compile("|".join(parts), re.IGNORECASE), where, least)


INNER_SIGNS: tuple[Sign, ...] = (
    _sign(
        5,
        "asks colleagues for something",
        r"\bplease (?:everyone|everybody|all of you|all\b)|\b(?:everyone|everybody|all of you|folks|guys|colleagues|"
        r"hi all|hi team)\b"
        r".{0,40}\b(?:please|pls)\b",
        rf"\b(?:please|pls|kindly)\b.{{0,70}}\b(?:by|until|before|till) (?:this |next )?(?:{_DAYS})\b",
        r"\bwho (?:takes|will take|could|wants to|is going to|volunteers|brings|has the|looks after|is on)\b[^?]*\?|"
        r"\bwho can (?:help|cover|take|bring|stay|do)\b[^?]*\?|\bcan (?:somebody|someone|anyone) (?:\w+ )?[^?]*\?",
        r"\blet me know (?:by|if|who|when|what)\b|\b(?:ping|slack|dm) (?:me|us|her|him)\b|\breply (?:here|"
        r"in (?:the )?thread)\b",
        r"\bbitte alle\b|\balle,? bitte\b|\bwer (?:kümmert|übernimmt|bringt|macht|hat (?:noch|den|die))\b[^?]*\?|"
        rf"\bgebt (?:mir |uns )?(?:bitte )?bescheid\b|\bbitte\b.{{0,70}}\bbis (?:spätestens |zum )?(?:{_DAYS})\b",
        r"\bliebe (?:kolleg|alle\b|team)|\bhallo (?:zusammen|team)\b|\bin die runde\b",
        r"\bmerci (?:à tou(?:s|tes)|de (?:bien )?(?:ranger|rendre|répondre|lire|remplir|prévenir|vider))|"
        rf"\bqui (?:s['’]occupe|prend|apporte)\b[^?]*\?|\bchers collègues|\bsalut l['’]équipe|"
        rf"\bavant (?:{_DAYS})\b.*\bmerci\b",
        r"\bpor favor,? todos|\btodos,? por favor|¿quién (?:se encarga|trae|puede (?:ayudar|cubrir|traer))|"
        r"\bavis(?:adme|enme)\b|"
        r"\bhola (?:equipo|a todos)\b|\bcompañer[oa]s:",
        r"\bquem (?:fica|trata|traz|pode (?:ajudar|cobrir|trazer))\b[^?]*\?|\bpessoal,|\bcar[oa]s colegas|"
        r"\bavisem-me\b",
        r"\bchi (?:si occupa|porta|può (?:aiutare|coprire|portare))\b[^?]*\?|\bcari colleghi|\bciao a tutti\b|"
        r"\bfatemi sapere\b",
        r"\bwie (?:neemt|regelt|zorgt|kan (?:helpen|invallen))\b[^?]*\?|\bbeste collega|\bhoi allemaal|\blaat (?:me|"
        r"even) weten\b",
        r"\bherkes lütfen|\barkadaşlar,|\bproszę wszystkich|\bcześć wszystkim|\bkoledzy\b|各位同事|请大家|大家请|"
        r"皆さん.{0,20}(?:ください|お願い)|"
        r"коллеги,|всем привет",
    ),
    _sign(
        4,
        "speaks of work among colleagues",
        r"\bcolleagues?\b|\bstand-?ups?\b|\bsprints?\b|\bon-?boarding\b|\bhand-?overs?\b|\bpayroll\b|\brota\b|"
        r"\bon[- ]call\b|"
        r"\b(?:early|late|night) shifts?\b|\bshift (?:swap|plan)s?\b|\b(?:sick|annual|parental) leave\b|\bPTO\b|"
        r"\ball[- ]hands\b|"
        r"\bOKRs?\b|\bKPIs?\b|\bQ[1-4]\b|\bstakeholders?\b|\bEOD\b|\bline manager\b|\b1:1s?\b|\bJira\b|\bprobation\b|"
        r"\bnew (?:starter|joiner|hire)s?\b|\bthe client\b|\bmeeting room\b|\bHR\b|\bback ?log\b|\bpost-?mortem\b",
        r"\bKolleg(?:e|in|en|innen|ium)\b|\bDienstplan\b|\bÜbergabe\b|\bEinarbeitung\b|\bKrankmeldung\w*|\bUrlaubs\w+|"
        r"\b(?:Früh|Spät|Nacht)(?:schicht|dienst)\w*|\bTeamsitzung\b|\bVorgesetzte\w*|\bPersonalabteilung\b|"
        r"\bProbezeit\b",
        r"\bcollègues?\b|\bpassation\b|\bcongés?\b|\barrêt maladie\b|\bpériode d['’]essai\b|"
        r"\bcompañer[oa]s de (?:trabajo|turno)\b|"
        r"\bturno de (?:noche|mañana|tarde)\b|\bbaja (?:médica|laboral)\b|\bRR\.? ?HH\b|\bcolegas? de trabalho\b|"
        r"\bbaixa médica\b|"
        r"\bcollegh[ie]\b|\bferie\b|\bturno di notte\b|\bcollega['’]?s\b|\b(?:nacht|vroege|late) dienst\b|"
        r"\boverdracht\b",
        least=2,
    ),
    _sign(
        6,
        "is titled as something among colleagues is",
        r"\bhand-?overs?\b|\bsprint (?:\d|retro|review|planning)|\bretrospective\b|\bretro (?:sprint|Q\d|\d|week)|"
        r"\bon-?boarding\b|"
        r"\b(?:shift|duty) (?:plan|rota)|\brota\b|\bstand-?up\b(?! (?:comedy|paddle))|\b1:1\b|\bcall with\b|"
        r"\ball[- ]hands\b|"
        r"\bpost-?mortem\b|\boffice move\b",
        r"übergabe|dienstplan|schichtplan|einarbeitung|teamsitzung|\bpassation\b|\bplanning (?:des|équipe)|"
        r"\btraspaso\b|"
        r"\bcuadrante\b|\bescala de (?:serviço|turnos)|\bpassaggio di consegne|\bturni\b|\boverdracht\b|\brooster\b",
        where=TITLE,
    ),
    _sign(
        5,
        "is a letter to somebody",
        r"^\W*dear (?:mr|mrs|ms|mx|dr|prof|sir|madam)\b|^\W*dear (?!visitor|guest|neighbou?r|friend|all\b|customer|"
        r"parent|member|"
        r"reader|famil)[A-Z]?\w+,",
        r"^\W*sehr geehrte|^\W*lieber? (?:herr|frau)\b|^\W*(?:chère?|cher) (?:monsieur|madame)|^\W*(?:madame|"
        r"monsieur),|"
        r"^\W*estimad[oa] (?:señor|señora|sr|sra)|^\W*(?:caro|cara|gentile) (?:signor|dott)|^\W*geachte\b|"
        r"^\W*prezad[oa]\b",
    ),
    _sign(
        3,
        "ends as a letter or a message does",
        r"^\W*(?:kind|best|warm) regards\b|^\W*(?:yours|sincerely|cheers|thx|thanks)[,!]?\s*\w*\W*$|"
        r"^\W*(?:mit freundlichen|viele|"
        r"liebe|beste) grüße?n?\b|^\W*(?:cordialement|bien à vous)\b|^\W*(?:saludos|un saludo)\b|"
        r"^\W*(?:cordiali )?saluti\b|"
        r"^\W*(?:met vriendelijke groet|groetjes?)\b|^\W*(?:atenciosamente|abraços?)\b",
        where=LABEL,
    ),
)
