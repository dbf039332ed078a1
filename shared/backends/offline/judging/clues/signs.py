"""What a page can be taken for, and the signs that speak for it: weights, words, and where they count.

A sign counts once, however many lines carry it. The sums decide (`judgement.py`), and the lines are told to people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.backends.offline.judging.clues.vocabulary import (
    ASKS_PROGRAM,
    DAY,
    MONEY,
    MONTH,
    NAMES_PROGRAM,
    NAMES_SITE,
    SITE_NOUN,
    TIME,
    WANT,
    WANT_UNSPACED,
)

SITE, SERVICE, NOTES, PRIVATE = "site", "service", "notes", "private"
NOTHING, NOTION, REPAIR, BEYOND = "nothing", "notion", "repair", "beyond"
PEOPLE = "names who took part"
ASKS = "asks for a program"
EXISTS = "shows a tool that is there already"
TITLE, TOP, LABEL, ANY = "title", "top", "label", "any"  # top: also properties, headings, the first three lines


@dataclass(frozen=True, slots=True)
class Sign:
    """What one line can tell: `says` goes on “because it …”; `min_count` lines have to carry it."""

    of: str
    weight: int
    says: str
    words: re.Pattern[str]
    where: str = ANY
    min_count: int = 1
    called: str = ""  # what a page to publish is then called


def _match_any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


SIGNS: tuple[Sign, ...] = (
    Sign(SERVICE, 12, ASKS, _match_any(*ASKS_PROGRAM)),
    Sign(SERVICE, 5, "speaks of a program at the top", _match_any(*NAMES_PROGRAM), TOP),
    Sign(SERVICE, 1, "mentions a program", _match_any(*NAMES_PROGRAM)),
    Sign(SITE, 8, "asks for a page that others see", _match_any(
        rf"\A(?=.*(?:\b(?:{WANT}|one|una?|une|eine?|eén|tells|shows)\b|{WANT_UNSPACED}|一枚)).*\b(?:{SITE_NOUN})",
        NAMES_SITE,
        r"\bput (?:this |it |them )?online\b|\bon the screen\b|\bfor (?:our |the )?(?:visitors|customers|"
        r"neighbou?rs|guests)\b",
        rf"(?:{WANT_UNSPACED}|一枚).*(?:ページ|サイト|网页|网站|صفحه|سایت|صفحة|موقع)|(?:ページ|サイト)にし|Sayfada",
        r"\bonline stellen|veröffentlichen wir|ins netz\b|mettre en ligne|poner en línea|colocar online|выложить",
    )),
    Sign(SITE, 4, "names prices", _match_any(rf"\d\s?{MONEY}(?!\w)|{MONEY}\s?\d"), min_count=2, called="a price list"),
    Sign(SITE, 3, "names days and times", _match_any(rf"\A(?=.*(?:{DAY})).*(?:{TIME})"),
         min_count=2, called="a list of times"),
    Sign(SITE, 4, "invites people", _match_any(
        r"\b(?:welcome|join us|come (?:by|along|early|and)|free entry|admission|rsvp|everyone is invited|"
        r"you are invited)\b",
        r"willkommen|eintritt|\bladen (?:\w+ ){0,4}ein\b|anmeldung|bienvenue|entrée (?:libre|gratuite)|"
        r"nous vous invitons",
        r"bienvenid|entrada (?:libre|gratuita)|os invitamos|inscripci|benvenut|ingresso (?:libero|gratuito)|bem-vind",
        r"entrada (?:livre|franca)|inscriç|welkom|toegang|hoş ?geldin|davetli|добро пожаловать|приглашаем|"
        r"вход свободный",
        r"zapraszamy|wstęp wolny|دعوت|ورود (?:برای همه )?آزاد|ندعوكم|أهلا|الدخول مجاني|欢迎|歡迎|报名|歓迎|参加費|"
        r"ご参加|환영",
    ), called="an invitation"),
    Sign(SITE, 5, "lists ingredients", _match_any(
        r"^\W*(?:ingredients?|zutaten|ingrédients?|ingredientes|ingredienti|ingrediënten|malzemeler|ингредиенты|"
        r"składniki)\b",
        r"^\W*(?:材料|配料|食材|재료|المكونات|المقادير|مواد لازم)",
    ), LABEL, called="a recipe"),
    Sign(SITE, 4, "tells how something is done", _match_any(
        r"\bhow to\b|\b(?:guide|manual|instructions|tutorial|handbook|step by step)\b|anleitung|\bso geht|"
        r"schritt für schritt",
        r"\bcomment (?!:)\w+er\b|mode d['’]emploi|\bcómo\b|\bguía\b|\bcome (?:si|fare)\b|\bguida\b|"
        r"\bcomo (?:fazer|usar)\b",
        r"\bguia\b|\bzo (?:doe|maak)\b|handleiding|nasıl|rehber|^как\b|инструкци|\bjak\b|教程|指南|如何|手順|"
        r"使い方|の作り方",
        r"방법|دليل|^كيف|راهنما|چگونه",
    ), LABEL, called="a guide"),
    Sign(SITE, 5, "tells what somebody has done and can do", _match_any(
        r"curriculum vitae|\bcv\b|\brésumé\b|lebenslauf|currículum|currículo|özgeçmiş|^резюме|简历|履歴書|이력서",
        r"سيرة ذاتية|السيرة الذاتية|رزومه|berufserfahrung|work experience|expérience professionnelle|"
        r"experiencia laboral",
    ), LABEL, called="a CV"),
    Sign(SITE, 4, "gives quantities", _match_any(
        r"(?<!\w)\d+(?:[.,/]\d+)? ?(?:g|kg|ml|cl|dl|l|oz|lb|cups?|tbsp|tsp|EL|TL|Stück|cuill\w+|cucchiai\w*|cda|taza|"
        r"xícaras?)(?!\w)",
    ), min_count=2, called="a recipe"),
    Sign(SITE, 3, "answers questions of many", _match_any(r"\bFAQs?\b|häufige fragen|questions fréquentes|"
                                                    r"preguntas frecuentes|常见问题"),
         LABEL, called="answers to questions"),
    Sign(SITE, 2, "says how people reach you", _match_any(
        r"\S@\S+\.\w|\bmailto:|\b(?:phone|tel|call|ring)\b.*\d{3}|telefon|téléphone|teléfono|telefone|電話|电话|هاتف|"
        r"تلفن",
    )),
    Sign(NOTES, 6, "calls itself notes", _match_any(
        r"^(?:the )?minutes\b|\b(?:minutes (?:of|from)|meeting minutes|, minutes)\b|"
        r"\b(?:notes?|notebook|memo|brain ?dump|scratch ?pad)\b|protokoll|notiz(?:en)?\b|mitschrift|compte[- ]rendu",
        r"\bacta\b|apuntes|\bnotas\b|\bata\b|anotaç|verbale|appunti|notulen|aantekening|tutana|notlar|протокол|"
        r"заметк",
        r"конспект|notatki|纪要|紀要|笔记|筆記|记录|議事録|メモ|ノート|회의록|메모|필기|محضر|ملاحظات|صورت[ "
        r"\u200c]?جلسه|یادداشت",
    ), TITLE),
    Sign(NOTES, 4, "is there so that somebody does not forget", _match_any(
        r"\b(?:so (?:that )?i (?:don['’]?t|do not) forget|note to self|for my own (?:use|reference)|only for (?:us|"
        r"me))\b|zum merken|"
        r"\bdamit ich(?: es)? nicht vergesse|pour mémoire|pour ne pas oublier|para no olvidar|para não esquecer|"
        r"per non dimenticare",
        r"om niet te vergeten|unutmamak|чтобы не забыть|żeby nie zapomnieć|备忘|以免忘记|覚え書き|忘れないように|"
        r"حتى لا أنسى|یادم نرود",
    )),
    Sign(NOTES, 3, PEOPLE, _match_any(
        r"^\W*(?:attendees|attending|participants|present|apologies|anwesend\w*|teilnehm\w*|présents?|"
        r"participants?|asistentes)\b",
        r"^\W*(?:presentes|participantes|presenti|partecipanti|aanwezig\w*|katılanlar|katılımcılar|присутств\w*|"
        r"участники)\b",
        r"^\W*(?:obecni|出席|与会|參加者|参会|参加者|参석|참석|الحضور|الحاضرون|حاضران|حاضرین)",
    )),
    Sign(NOTES, 3, "lists what was decided, or who does what next", _match_any(
        r"^\W*(?:action items?|actions|what went well|what did not(?: go well)?|decisions?|next steps|agenda|"
        r"follow[- ]ups?|open points|beschlüsse|tagesordnung|"
        r"offene punkte)\b",
        r"^\W*(?:décisions|ordre du jour|acuerdos|orden del día|próximos pasos|decisões|encaminhamentos|pauta|"
        r"decisioni)\b",
        r"^\W*(?:actiepunten|besluiten|kararlar|gündem|решени[яе]|повестка|ustalenia)",
        r"^\W*(?:决定|行动项|议题|待办事项|決定事項|議題|결정|القرارات|جدول الأعمال|تصمیم|دستور جلسه)",
    ), LABEL),
    Sign(NOTES, 6, "calls itself a journal", _match_any(
        r"\b(?:journal|diary|dear diary|tagebuch|diario|diário|journal intime|dagboek|günlük|дневник|pamiętnik)\b",
        r"日记|日記|일기|يوميات|مذكرات|خاطرات|روزنوشت",
    ), TITLE),
    Sign(NOTES, 4, "is headed by a day alone, as a journal is", _match_any(
        rf"^\W*(?:(?:{DAY})\W*)?(?:\d{{1,2}}\W+(?:{MONTH})|(?:{MONTH})\W+\d{{1,2}}|"
        rf"\d{{1,4}}[-./]\d{{1,2}}[-./]\d{{1,4}})"
        r"(?:\W+(?:19|20)\d\d)?\W*$|^\W*(?:\d{4}年)?\d{1,2}月\d{1,2}日\W*$",
    ), TITLE),
    Sign(NOTES, 4, "is told of one's own day", _match_any(
        r"\b(?:today|this morning|tonight) i\b|\bi (?:felt|feel|slept|woke|cried|wonder)\b|"
        r"^slept (?:\w+ )?(?:badly|well)|\bheute (?:habe|bin|war) ich\b",
        r"\bich (?:fühle|habe geschlafen)\b|\baujourd['’]hui,? j|\bhoy (?:me|he|fui)\b|\bme siento\b|\bhoje eu\b|"
        r"\bacordei\b",
        r"\boggi (?:ho|sono|mi)\b|bugün (?:\w+ ){0,3}\w+d[ıiuü]m\b|сегодня я|今天我|我今天|今日は?私|"
        r"今日は.*(?:た。|だった)|"
        r"اليوم (?:ذهبت|شعرت)|امروز .*م\b",
    )),
    Sign(NOTES, 5, "is a list of what to buy or do", _match_any(
        r"\b(?:shopping|grocery|packing|to-?do|task) ?lists?\b|^\W*(?:to-?dos?|groceries|errands)\W*$|"
        r"einkaufs(?:liste|zettel)|aufgabenliste",
        r"packliste|liste de courses|liste des courses|choses à faire|lista de (?:la )?compras?|lista de tareas|"
        r"lista de tarefas|afazeres",
        r"lista della spesa|cose da fare|boodschappen|alışveriş listesi|yapılacaklar listesi|список (?:покупок|дел)",
        r"lista zakupów|购物清单|待办清单|買い物リスト|やることリスト|장보기|할 일|قائمة (?:المشتريات|المهام|"
        r"التسوق)|لیست (?:خرید|کارها)",
    ), TITLE),
    Sign(NOTES, 4, "sums up what others have written", _match_any(
        r"\b(?:summary|abstract|literature review|paper review|reading list)\b|zusammenfassung|résumé (?:de|"
        r"d['’])|resumen|\bresumo\b",
        r"riassunto|samenvatting|\bözet|реферат|обзор стат|streszczenie|摘要|总结|综述|论文|要約|論文|요약|ملخص|"
        r"خلاصه",
    ), TITLE),
    Sign(PRIVATE, 9, "says that it is not to be published", _match_any(
        r"\b(?:do not|don['’]?t|never|must not|may not|not to be|please no|no) (?:be )?(?:publish\w*|shar(?:e|ed|"
        r"ing)|forward\w*|circulat\w*|distribut\w*|post(?:ed)?|made public|leak\w*)\b",
        r"\bnot (?:for (?:publication|the public|circulation|distribution|sharing)|public(?! (?:transport|"
        r"holiday))|yet public)\b",
        r"nicht (?:zur |für die )?(?:veröffentlich\w*|weitergeben|öffentlichkeit|weiterleiten)|nicht öffentlich",
        r"ne pas (?:publier|diffuser|partager|transférer)|pas (?:pour|à) (?:publication|diffuser)",
        r"no (?:publicar|difundir|compartir|publiques|compartas)|no (?:es )?para publicar|não (?:publicar|"
        r"publique|divulgar|divulgue|compartilhar|compartilhe|partilhar)",
        r"non (?:pubblicare|divulgare|diffondere|condividere)|niet (?:publiceren|delen|verspreiden|openbaar)|"
        r"yayın\w*ma(?:yın|yınız)|paylaşma(?:yın)",
        r"не (?:публик\w*|распростран\w*|разглаш\w*|для публикации)|nie (?:publikowa\w*|udostępnia\w*)",
        r"不要(?:发布|公开|外传|转发|分享)|请勿(?:发布|公开|外传|转发)|勿外传|不得公开|公開しない|公開禁止|非公開|"
        r"外部に出さない|공개 ?금지|비공개",
        r"لا (?:تنشر|يُنشر|ينشر|تشارك)|ليس للنشر|منتشر نکن|منتشر نشود|انتشار ممنوع",
    )),
    Sign(PRIVATE, 9, "is marked as internal or confidential", _match_any(
        r"\b(?:internal|staff|team|board|members)[ -]only\b|\binternal (?:use|draft|memo|document|notes?|page|"
        r"paper)\b|^\W*internal\W*$|^\W*internal\s*[:–—-]|"
        r"\((?:strictly )?(?:internal|intern\w?|внутренн\w+)\)|^\W*for internal",
        r"\b(?:strictly )?(?:confidential|top secret)\b|^\W*(?:private|secret)\W*$|\bprivate (?:and|&|–|—|-|:)|"
        r"\((?:private|secret)\)|\bfor your eyes\b|\boff the record\b|\bunder (?:nda|embargo)\b|"
        r"\bembargo(?:ed)? until\b",
        r"\bnur (?:\w+ )?intern\b|^\W*intern\W*$|^\W*intern\s*[:–—-]|\(intern\)|\binterne[rs]? (?:entwurf|"
        r"gebrauch|dokument|notiz|vermerk)|vertraulich|streng geheim",
        r"\busage interne\b|^\W*interne\W*$|\binterne uniquement\b|confidentiel|\b(?:de )?uso interno\b|"
        r"^\W*interno\W*$|confidencial|riservat[oa]\b|confidenziale",
        r"vertrouwelijk|alleen intern|gizlidir|\bgizli\b|dahili kullanım|конфиденциально|для служебного|"
        r"внутренн(?:ий|яя|ее) документ|poufne|wewnętrzn",
        r"内部(?:资料|文件|使用|草稿|讨论|会议|专用)|仅供内部|机密|保密|社外秘|部外秘|関係者限り|極秘|대외비|"
        r"내부용|سري|للاستخدام الداخلي|داخلي فقط|محرمانه|"
        r"فقط داخلی",
    )),
    Sign(PRIVATE, 7, "calls itself a draft", _match_any(
        r"^\W*(?:first |rough |working |early |internal |contract )?draft\W*$|^\W*(?:first |rough |"
        r"working )?draft\s*(?:[:–—-]|v?\d|of\b|for\b|contract|agreement|version)|\((?:a |first |"
        r"rough )?draft\b[^)]*\)|\b(?:still|only|just|is) a (?:\w+ )?draft\b|\bdraft\W*$|work in progress",
        r"\bentwurf\b|\bbrouillon\b|\bborrador\b|\brascunho\b|\bminuta de contrato|\bbozza\b|\bconcept(?:versie|"
        r"contract)\b|\btaslak\b|taslağı|черновик|проект договора|szkic|projekt umowy",
        r"草稿|草案|初稿|下書き|素案|草拟|초안|مسودة|پیش[ \u200c]?نویس",
    ), TOP),
    Sign(PRIVATE, 5, "is a contract", _match_any(
        r"\b(?:contract|lease agreement|tenancy agreement|service agreement|nda)\b|\b\w*vertrag\b|\bcontrat\b|"
        r"\bcontrato\b|\bcontratto\b|overeenkomst|sözleşme",
        r"договор|umowa|合同|契約書|협약|계약서|\bعقد\b|قرارداد",
    ), TITLE),
    Sign(NOTHING, 9, "says that no website is wanted", _match_any(
        r"\b(?:do not|don['’]?t|never|must not|should(?: not|n['’]?t)|no need to|not to|"
        r"without) (?:\w+ ){0,2}?(?:build|make|create|set up|plan|need|want|building|"
        r"making) (?:\w+ ){0,3}?(?:web ?-?site|web ?-?page|home ?page|site|page|app)\b",
        r"\b(?:no|not an?) (?:web ?-?site|web ?-?page|home ?page)\b|\bkeine? (?:neue )?(?:web ?-?site|webseite|"
        r"homepage|internetseite)\b|(?:website|webseite|homepage) (?:bitte )?nicht (?:bauen|erstellen|machen)",
        r"\b(?:pas de|aucun) site\b|\bne (?:pas )?(?:créer|faire|construire|fais|faites|"
        r"créez) (?:pas )?(?:\w+ ){0,2}site\b",
        r"\bno (?:hagas|hagan|hacer|crear|crees|construyas|construir|queremos|necesitamos) (?:\w+ ){0,3}(?:sitio|"
        r"página|web)\b|\bsin (?:sitio|página) web\b",
        r"\bnão (?:faça|façam|fazer|criar|crie|construa|construir|queremos|precisamos) (?:\w+ ){0,3}(?:site|"
        r"página)\b|\bnon (?:creare|fare|costruire|vogliamo|serve) (?:\w+ ){0,3}(?:sito|pagina)\b",
        r"\bgeen (?:web)?site\b|web ?sitesi (?:\w+ )?(?:yapma|istemi|kurma)|не (?:делай\w*|создавай\w*|нужен|"
        r"нужно|строй\w*) (?:\w+ ){0,2}сайт|сайт не нужен|\bnie (?:rób|twórz|budować) (?:\w+ ){0,2}strony",
        r"不要(?:做|建|建立|制作|创建|搭建|开发)?.{0,4}(?:网站|网页)|(?:网站|网页)(?:不需要|就不用)|"
        r"(?:ウェブ)?サイト(?:は|を)?(?:作らない|作らず|不要|いりません|"
        r"作成しない)",
        r"لا (?:تبن|تنشئ|نريد|تصمم)\w* موقع|(?:وب[ \u200c]?)?سایت (?:نساز|نمی[ \u200c]?خواه|لازم نیست)",
    )),
    Sign(NOTION, 9, "orders work in Notion", _match_any(
        r"^\W*(?:please )?(?:set|change|move|mark|update|assign|archive|reschedule|postpone|close|tag|clear|sort|"
        r"delete|rename|fill|create|add) (?:(?!\.).){0,60}\b(?:status|due dates?|priorit(?:y|ies)|assignees?|"
        r"tasks?|tickets|rows?|database|properties|property|column|notion)\b",
        r"^\W*(?:bitte )?(?:setze?n?|ändere?|verschiebe?|markiere?|archiviere?|"
        r"lösche?) (?:(?!\.).){0,60}\b(?:status|aufgaben?|fälligkeit\w*|priorität|zeilen|datenbank|spalte)\b",
        r"^\W*(?:mets|mettez|mettre|change[zr]?|marque[zr]?|déplace[zr]?|"
        r"archive[zr]?) (?:(?!\.).){0,60}\b(?:statut|tâches?|échéances?|priorité|base de données)\b",
        r"^\W*(?:pon|poner|cambia|cambiar|marca|marcar|mueve|mover|archiva|altere|alterar|mude|mudar|marque|mova|"
        r"imposta|cambia|segna) (?:(?!\.).){0,60}\b(?:estado|tareas?|vencimient\w+|prioridad|status|tarefas?|"
        r"prazos?|stato|attività)\b",
        r"^\W*(?:установи\w*|поставь\w*|измени\w*|перенеси\w*|отметь\w*) (?:(?!\.).){0,60}(?:статус|задач|срок)|"
        r"^\W*(?:zet|wijzig|verplaats) .{0,60}\b(?:status|taken)\b",
        r"(?:把|将).{0,20}(?:任务|状态).{0,20}(?:改为|设为|设置|移到|标记)|(?:タスク|"
        r"ステータス).{0,20}を.{0,20}(?:変更|に設定|に移|にする|にして)|"
        r"görevlerin? .{0,30}durum",
        r"(?:غيّ?ر|اجعل|حدّ?ث).{0,30}(?:حالة|المهام)|وضعیت .{0,30}(?:وظایف|کارها|تسک).{0,30}(?:تغییر|بگذار|کن)",
    ), TOP),
    Sign(NOTION, 4, "orders something to be done, and nothing to be built", _match_any(
        r"^\W*(?:please )?(?:book|order|organi[sz]e|summari[sz]e|research|find|call|ring|e-?mail|translate|"
        r"analy[sz]e|compare|review|invite|buy|"
        r"clean up|plan a|remind|collect|prepare the|send|check) \w+|^\W*weekly report\b|"
        r"^\W*(?:buche|bestelle?|organisiere|fasse|übersetze|prüfe|vergleiche|schicke|räume) \w+|"
        r"^\W*(?:réserve[rz]?|commande[rz]|organise[rz]|résume[rz]|traduis|traduire|vérifie[rz]|compare[rz]) \w+",
        r"^\W*(?:reserva[r]?|organiza[r]?|resume|resumir|traduce|traducir|revisa[r]?|compara[r]?|reserve|organize|"
        r"traduz\w*|encomende) \w+|"
        r"^\W*(?:забронируй|закажи|переведи|составь|проверь|сравни|напомни)\w*|^(?:请)?(?:预订|预定|翻译|总结一下|"
        r"整理|比较|检查|安排)|(?:を予約|を翻訳|をまとめ)(?:する|して)",
    ), TITLE),
    Sign(REPAIR, 5, "tells how to bring a fault about", _match_any(
        r"steps to reproduce|how to reproduce|\brepro(?:duction)? steps\b|schritte zum (?:nachstellen|"
        r"reproduzieren)|étapes (?:pour|de) reprodu|pasos para reproducir",
        r"passos para reproduzir|passi per riprodurre|stappen om te reproduceren|шаги (?:для )?воспроизведени|"
        r"kroki do odtworzenia|yeniden üretme|hatayı üret",
        r"复现步骤|重现步骤|再現手順|재현 (?:방법|단계)|خطوات (?:إعادة|التكرار)|مراحل بازتولید",
    )),
    Sign(REPAIR, 5, "compares what should happen with what does", _match_any(
        r"^\W*(?:expected|actual|erwartet|tatsächlich|attendu|obtenu|esperado|atual|atteso)\s*:",
        r"\bwhat (?:happens|happened|should happen|i (?:see|expected|expect))\s*:|\b(?:expected|actual) "
        r"(?:behaviou?r|results?|outcome)\b|erwartetes? (?:verhalten|ergebnis)|"
        r"tatsächliches? (?:verhalten|ergebnis)|comportement (?:attendu|observé)|résultat (?:attendu|obtenu)",
        r"comportamiento (?:esperado|actual)|resultado (?:esperado|real|obtido|atual)|comportamento (?:esperado|"
        r"atteso|attuale)|ожидаемый результат|фактический результат|beklenen (?:sonuç|davranış)",
        r"预期(?:结果|行为)|实际(?:结果|行为)|期待(?:される)?(?:結果|動作)|実際の(?:結果|動作)|النتيجة المتوقعة|"
        r"نتیجهٔ? مورد انتظار",
    )),
    Sign(REPAIR, 3, "calls itself a fault", _match_any(
        r"\b(?:does nothing|does(?: not|n['’]t) work|is broken|fails to|stopped working)\b|funktioniert nicht|ne "
        r"(?:marche|fonctionne) (?:pas|plus)|"
        r"\bno funciona|não funciona|non funziona|werkt niet|çalışmıyor|не работает|nie działa|无法|不工作|"
        r"動かない|동작하지|لا يعمل|کار نمی",
        r"\bbug\b|\bcrash(?:es|ed)?\b|\bstack ?trace\b|traceback|fehlerbericht|rapport de bug|informe de error|"
        r"баг|ошибк|缺陷|バグ|不具合|버그|خطأ في",
    ), TITLE),
)  # fmt: skip
