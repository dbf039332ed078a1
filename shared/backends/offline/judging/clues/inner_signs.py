"""Signs that a page is meant for the people it comes from: colleagues, somebody it is addressed to, a shift, a "
"class."""

from __future__ import annotations

import re

from shared.backends.offline.judging.clues.signs import ANY, LABEL, NOTES, TITLE, Sign

_DAYS = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|noon|eod|cob|end of (?:day|week|the week|"
    r"the month)|next week|"
    r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|morgen|lundi|mardi|mercredi|jeudi|vendredi|demain|lunes|martes|"
    r"miércoles|jueves|viernes|mañana|segunda|terça|quarta|quinta|sexta|amanhã|lunedì|martedì|mercoledì|giovedì|"
    r"venerdì|domani"
)


def _sign(weight: int, says: str, *parts: str, where: str = ANY, min_count: int = 1) -> Sign:
    return Sign(NOTES, weight, says, re.compile("|".join(parts), re.IGNORECASE), where, min_count)


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
        min_count=2,
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
        r"przekazanie|\bgrafik dyżur|\bdyżur|zmiana dyżuru|nöbet|vardiya|\bdevir teslim|引き?継ぎ?|シフト表|交接|"
        r"值班|排班|"
        r"\bpassagem de (?:turno|serviço|pasta)|\bentrega de turno|\brelevo\b|\bbriefing\b|"
        r"\binterview (?:with|of|notes)|\b(?:candidate|applicant)s?\b|bewerb(?:er|ung|erin)|vorstellungsgespräch|"
        r"\bentretien\b|\bcandidat[aeos]*\b|"
        r"\bcolloquio\b|sollicita|\bmülakat|rozmowa kwalifikacyjna|面试|候选人|面接|応募者|"
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
    _sign(
        5,
        "is written down so that it is not forgotten",
        r"\bbefore i forget\b|\bso (?:that )?i remember\b|\bbevor ich(?:['’]?s| es)? vergesse|"
        r"\bavant (?:que j['’]oublie|d['’]oublier)",
        r"\bantes de que se me olvide|\bpara que no se me olvide|\bantes que (?:eu )?(?:me )?esqueça|"
        r"\bprima che (?:mi dimentichi|me ne)",
        r"\bvoor(?:dat)? ik het vergeet|\bunutmadan\b|\bzanim zapomn|趁.{0,4}没忘|忘れないうち",
    ),
    _sign(
        5,
        "holds remarks of its writer on itself",
        r"\b(?-i:TODO|FIXME)\b|<- |← |\[[^\]]{0,60}\?\]|\[(?:check|insert|add|nicer|better|tbd)\b[^\]]*\]",
        r"\((?:something|maybe|insert|check|not sure|leave (?:this )?out|better word|irgendwas|vielleicht|"
        r"quelque chose|peut-être"
        r"|algo|quizás?|talvez|qualcosa|forse|iets|misschien|belki|coś|może)\b[^)]*\)",
        r"^\W*(?:untitled|ohne titel|sans titre|sin título|sem título|senza titolo|zonder titel|isimsiz|bez tytułu|"
        r"无题|無題)[^\w\n]+\w",
    ),
    _sign(
        5,
        "tells that somebody will be away, and what is left to others",
        r"\bi(?:['’]m| am|['’]ll be| will be) (?:away|off|out|on (?:leave|holiday|vacation)|back)\b|"
        r"\bwhile i(?:['’]m| am) (?:away|off|gone)\b",
        r"\bich bin (?:\w+ ){0,5}?(?:weg|im urlaub|nicht da|abwesend|krank)\b|\bje (?:suis|serai) (?:absente?|"
        r"en congés?|en vacances)",
        r"\best(?:oy|aré) (?:fuera|de vacaciones|de baja)|\best(?:ou|arei) (?:fora|de férias|de baixa)|"
        r"\bsono (?:via|assente|in ferie)\b|\bsarò (?:via|assente|in ferie)",
        r"\bik ben (?:\w+ ){0,5}?(?:weg|er niet|vrij|op vakantie|afwezig)|\b(?:yokum|izindeyim|olmayacağım)\b|"
        r"\bmnie nie (?:ma|będzie)\b|\bjestem na urlopie",
        r"我(?:不在|请假|休假|出差)|不在にします|休みます|休暇",
    ),
    _sign(
        5,
        "tells of trouble with somebody",
        r"\bHR\b|\b(?:trade )?union\b|\bworks council\b|\bmy (?:boss|manager|supervisor)\b|\bwitness\w*|"
        r"\bcomplain\w*|\b(?:bull(?:y|ied|ying)|harass\w*)\b",
        r"\b(?:he|she|they) (?:shouted|yelled|lied|threatened|refused|insulted|blamed|ignored|swore)\b|\b(?:told|"
        r"said) (?:it was )?me\b",
        r"\bbetriebsrat|personalrat|\babmahnung|\bzeug(?:e|in|en)\b|\bbeschwer\w+|\bmobb\w+|\bmein\w* (?:chefin?|"
        r"vorgesetzte\w*)|\bangeschrien|\bgedroht",
        r"\bsyndicat\b|\bDRH\b|\btémoin|\bplainte|\bharc[eè]l\w+|\bma? (?:chef|supérieure?|responsable)\b|\bmenac[ée]",
        r"\bsindicato\b|\brecursos humanos\b|\bmi jef[ea]\b|\btestigo|\bqueja\b|\bacoso\b|\bm(?:eu|inha) chefe\b|"
        r"\btestemunha|\bqueixa\b|\bassédio|\bgritó\b|\bgritou\b",
        r"\bsindacato\b|\b(?:il mio|la mia) cap[oa]\b|\btestimon[ei]\b|\blamentel|\bha (?:urlato|gridato|"
        r"minacciato)|\bvakbond\b|\bleidinggevende|\bgetuige|\bklacht|\bpest(?:en|te)\b|\bschreeuwde",
        r"\bsendika|\bmüdürüm|\bşikay?et|\btanık|\bbağırdı|\bzwiązk\w+ zawodow|\b(?:mój|moja) (?:szef|kierowni)\w*|"
        r"\bświadk|\bskarg[aięęi]|\bkrzycza[łl]",
        r"投诉|举报|证人|工会|骂|苦情|組合|パワハラ|怒鳴|証人",
        min_count=2,
    ),
    _sign(
        4,
        "weighs something up",
        r"^\W*(?:pros?|cons?|pro und contra|contra|dafür|dagegen|pour|contre|vantaggi|svantaggi|ventajas|"
        r"desventajas|vantagens"
        r"|desvantagens|voordelen|nadelen|artılar|eksiler|za|przeciw|plusy|minusy|优点|缺点|メリット|"
        r"デメリット)(?:\W*$|\s*:\s)",
        min_count=2,
    ),
    _sign(
        5,
        "greets one person by name",
        r"^\W*(?:hi|hey|hello|hallo|moin|salut|bonjour|hola|olá|oi|ciao|hoi|dag|merhaba|selam|sevgili|cześć|droga|"
        r"drogi|beste|lieve"
        r"|liebe|lieber|querid[oa]|car[oa]|chère?|dear) (?!all\b|world|every|neighb|friends?\b|visitor|guest|"
        r"alle\b|gäste|amis|voisins"
        r"|amigos|vecin|vizinh|amici|buren|iedereen|arkadaş|famil|parents|eltern|customer|kund|member|mitglied|"
        r"reader|team)"
        r"[^\W\d_]+(?: [^\W\d_]+)?\s?[,!:–—](?:\s|$)",
        r"^\W*(?:sayın|szanown\w+ (?:pan|pani|państwo)|egregi[oa]|gentilissim[oa]|spett(?:abile|\.)|"
        r"excelentíssim\w+)\b",
        r"^\W*[^\s、。]{1,10}(?:様|さん|先生)[、,へ]\s*$|^\W*拝啓|^\W*(?:亲爱的|尊敬的)[^，,]{1,10}[：:，,]\s*$",
    ),
    _sign(
        3,
        "ends as a letter in other languages does",
        r"^\W*(?:pozdrawiam|z poważaniem|saygılarımla|sevgiler(?:le)?|selamlar|cordiali saluti|distinti saluti|"
        r"un abbraccio|baci)\b",
        r"^\W*(?:atentamente|un abrazo|besos|com os melhores cumprimentos|beijos|mfg|lg|gruß|bises|bisous|"
        r"amicalement|lots of love|love,|xx+)\W*\w*\W*$",
        r"^\W*(?:敬具|草々|此致|敬上|祝好)",
        where=LABEL,
    ),
)
