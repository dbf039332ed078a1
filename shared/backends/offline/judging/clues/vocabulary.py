"""Words of many languages that several tables of signs are made of."""

from __future__ import annotations

_API = r"(?<![A-Za-z])(?:(?:REST|HTTP|JSON|web)[ -]?)?(?:API|CLI)s?(?![A-Za-z])"
NAMES_PROGRAM = (
    _API,
    r"\b(?:end ?points?|web ?services?|micro-?services?|rest(?:ful)? services?|http services?|command[- ]lines?)\b",
    r"\b(?:an?|the|small|little|tiny|simple|python|shell|bash) (?:[\w-]+ )?(?:script|tool|service|program|bot|"
    r"utility|converter|scraper) "
    r"(?:that|which|to|for (?:keeping|managing|tracking|recording|storing))\b",
    r"\b(?:python|shell|bash)[- ]scripts?\b",
    r"\b(?:Schnittstelle|Kommandozeile\w*|Befehlszeile\w*|Endpunkte?|Webdienst\w*|Webservice)\b",
    r"\b(?:Skript|Werkzeug|Programm|Bot),? (?:das|der|mit dem)\b",
    r"\b(?:ligne de commande|services? web|interface de programmation)\b|\b(?:script|outil|programme) (?:qui|pour)\b",
    r"\b(?:l[ií]nea de comandos|servicios? web)\b|\b(?:script|herramienta|programa) (?:que|para)\b",
    r"\b(?:linha de comandos?|serviços? web|ferramenta que)\b",
    r"\b(?:riga di comando|servizi?o? web|strumento che|programma che)\b",
    r"\b(?:opdrachtregel|webdienst|programma dat|hulpmiddel dat)\b",
    r"\b(?:komut satırı|uç nokta\w*|web servisi)\b",
    r"командн\w+ строк\w+|веб-?сервис\w*|эндпоинт\w*|\bскрипт, котор",
    r"خط فرمان|وب[ \u200c]?سرویس|رابط برنامه[ \u200c]?نویسی|ای[ \u200c]?پی[ \u200c]?آی",
    r"واجهة برمج\w*|سطر الأوامر|خدمة ويب",
    r"命令行|命令列|接口|コマンドライン|エンドポイント|명령줄",
)
WANT = (
    r"(?:we|i|they|you|someone|somebody|it|he|she|\w+) (?:need|want|wish|would like|will build|will write|should|"
    r"must|"
    r"could|asks? for|asked for|wants|needs)|['’]d like|let['’]?s|please|would be|to build|to write|build|write us|"
    r"agreed|decided|action|to-?do|"
    r"brauch\w*|wollen|möcht\w*|wünsch\w*|soll\w*|bauen|bitte|schreib\w*|voulons|voudr\w*|besoin|faut|"
    r"souhait\w*|demand\w*|necesit\w*|quer\w+|hace falta|precis\w+|gostar\w*|vogliamo|vorremmo|serve|bisogno|"
    r"willen|nodig|graag|lazım|istiyor\w*|gerek\w*|нуж\w+|хо[тч]\w+|требуется|сдела\w+|potrzeb\w*|chc\w+"
)
WANT_UNSPACED = (
    r"需要|想要|希望|请|做一个|欲しい|ほしい|必要|作って|필요|원합|نحتاج|نريد|يجب|می[ \u200c]?خواه|لازم|نیاز|بسازید"
)
MADE = (  # what is made, where its name alone says so; a command line is only typed into
    r"(?:(?<![A-Za-z])(?:(?:REST|HTTP|JSON|web)[ -]?)?APIs?(?![A-Za-z])|\bend ?points?\b|\b(?:web|micro-?) "
    r"?services?\b|"
    r"\bcommand[- ]line (?:tool|program|app|utility)|\bCLI\b|\b(?:script|tool|bot|service|program)s? (?:that|which|"
    r"to|for)\b|"
    r"\bSchnittstelle|\bWebdienst|\b(?:Kommandozeilen|Befehlszeilen)\w+|\b(?:Skript|Werkzeug|Programm)\b,? (?:das|"
    r"mit dem|für)|"
    r"\bservices? web|interface de programmation|\b(?:script|outil|programme) (?:qui|pour|en ligne)|\bservicios? web|"
    r"\b(?:script|herramienta|programa) (?:que|para|de línea)|\bserviços? web|\b(?:ferramenta|script|programa) "
    r"(?:que|para|de linha)|"
    r"\bservizi?o? web|\b(?:strumento|programma|script) (?:che|per|da riga)|\bwebdienst|\b(?:programma|hulpmiddel|"
    r"script) (?:dat|om|voor)|"
    r"web servisi|komut satırı (?:aracı|programı)|веб-?сервис|(?:скрипт|программ|утилит|бот)\w*,? (?:котор|для|"
    r"команд)|"
    r"واجهة برمج\w*|خدمة ويب|وب[ \u200c]?سرویس|رابط برنامه[ \u200c]?نویسی|ای[ \u200c]?پی[ \u200c]?آی|接口|"
    r"命令行工具|脚本|"
    r"エンドポイント|コマンドラインツール|スクリプト|명령줄 도구|스크립트)"
)
WISHED = (
    r"\b(?:we|i|they|someone|somebody|team|office|desk|everyone|she|he|who) (?:all |also |really |still |urgently )?"
    r"(?:needs?|wants?|wish(?:es)? for|would like|asks? for|asked for|will (?:build|write|make)|should (?:build|"
    r"write|make|have|get))\b"
    r"|['’]d like|let['’]?s (?:build|write|make|have)|\bplease (?:build|write|make|set up)|\b(?:build|write|make|"
    r"create|set up) (?:us|me|an?)\b"
    r"|\b(?:agreed|decided|action|to-?do|needed|wanted)\b|\b(?:brauch\w*|wollen|möcht\w*|wünsch\w*|bau(?:t|en)|"
    r"soll(?:en)? \w+ bekommen)\b"
    r"|\b(?:voulons|voudr\w*|avons besoin|nous faut|il faut|souhait\w*|demand\w*)\b|\b(?:necesitamos|necesito|"
    r"queremos|quiero|hace falta|hay que hacer|piden?)\b"
    r"|\b(?:precisamos|preciso|queremos|quero|gostar\w*|pediu|pedem|é preciso|falta)\b|\b(?:vogliamo|vorremmo|ci "
    r"serve|abbiamo bisogno|chied\w*)\b"
    r"|\b(?:willen|wil|hebben|graag|vra(?:agt|gen))\b|\b(?:нужн?[аоы]?|хо[тч]\w+|требуется|просит|сделать|"
    r"договорились)\b|\b(?:potrzebujemy|chcemy|prosi)\b"
    r"|需要|想要|希望|请做|做一个|提供|نحتاج|نريد|يطلب|می[ \u200c]?خواهیم|نیاز داریم|بسازید"
)
WISHED_AFTER = (
    r"\b(?:brauchen|gebraucht|wollen|bauen|bekommen)\b|ほしい|欲しい|必要|作って|作る|を作|필요|원합|만들|"
    r"istiyor\w*|gerek\w*|lazım|yapalım"
    r"|می[ \u200c]?خواهیم|لازم|نیاز|\bis (?:needed|wanted)\b|\bwould (?:help|be (?:good|great|nice))\b|нуж[ен]\w*"
)
USED = (
    r"(?!\b(?:use|using|open|opening|run|running|call|calling|type|learn|know|understand|usar|abrir|utilizar|"
    r"benutzen|öffnen|utiliser|ouvrir)\b|使用|调用|打开)"
)
ASKS_PROGRAM = (
    rf"(?:{WISHED})(?:{USED}.){{0,45}}?{MADE}",
    rf"{MADE}.{{0,30}}?(?:{WISHED_AFTER})",
)
SITE_NOUN = (
    r"web ?-?sites?|web ?-?pages?|home ?pages?|landing pages?|sites?\b|page|webseite|website|seite|página|sitio|"
    r"site web|pagina|sito|internetseite|sayfa\w*|сайт\w*|страниц\w+|strona|stronę|ページ|サイト|网页|网站|主页|"
    r"صفحه|سایت|"
    r"صفحة|موقع"
)
NAMES_SITE = (  # "A website that shows …", "Webseite für den Chor": the line says what is to be
    r"\A\W*(?:(?:an?|our|eine|unsere|une?|notre|una?|nuestr[ao]|uma?|noss[ao]) )?(?:(?:small|little|simple|new|kleine|"
    r"neue|petit|nouveau|pequeñ[ao]|nuev[ao]|piccolo|nuovo) ){0,2}(?:web ?-?sites?|sites?|home ?pages?|landing pages?|"
    r"webseite|sitio web|página web|sito(?: web)?|site web)\s+(?:that|which|for|about|für|über|qui|pour|sur|que|para|"
    r"sobre|che|per|su)\b"
)
MONEY = r"(?:€|\$|£|₺|¥|₽|₩|TL|円|元|zł|CHF|Fr\.|EUR|USD|GBP|R\$|руб\w*|원|تومان|ریال|ريال|دينار|درهم)"
DAY = (
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sun)(?:days?)?\b|\b(?:montag|dienstag|mittwoch|donnerstag|"
    r"freitag|"
    r"samstag|sonntag)s?\b|\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?\b|\b(?:lunes|martes|miércoles|"
    r"jueves|viernes|sábados?|domingos?)\b|\b(?:luned|marted|mercoled|gioved|venerd)ì\b|\b(?:segunda|terça|quarta|"
    r"quinta|"
    r"sexta)(?:-feira)?s?\b|\b(?:maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag)(?:en|s)?\b|"
    r"\b(?:poniedział|wtor|środ|czwart|piąt|sobot|niedziel)\w+|\b(?:pazartesi|salı|çarşamba|perşembe|cuma|"
    r"cumartesi|pazar)\b|понедельник|вторник|"
    r"сред[аы]|"
    r"четверг|пятниц|суббот|воскресень|[月火水木金土日]曜|(?:周|星期)[一二三四五六日天]|شنبه|الأحد|الاثنين|"
    r"الثلاثاء|الخميس"
)
MONTH = (
    r"jan\w*|feb\w*|fév\w*|mar[sz]?(?:ch|zo|ço|t)?|mär\w*|apr\w*|avr\w*|abr\w*|ma[iyj]\w*|jun\w*|juin|jul\w*|"
    r"juil\w*|aug\w*|août|ago\w*|"
    r"sep\w*|set\w*|o[kc]t\w*|out\w*|nov\w*|de[czs]\w*|déc\w*|dic\w*|ene\w*|gen\w*|январ\w|феврал\w|марта?|апрел\w|"
    r"мая|июн\w|июл\w|"
    r"августа?|сентябр\w|октябр\w|ноябр\w|декабр\w"
)
TIME = r"\b\d{1,2}(?:[:.h]\d{2}| ?(?:am|pm|Uhr|h)\b|–\d{1,2}|-\d{1,2}\b)|[۰-۹]{1,2}:[۰-۹]{2}|\d{1,2}[時点]"
