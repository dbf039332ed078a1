"""What makes a page one for readers where no sign says what it is: weak signs, in the words of those who offer it."""

from __future__ import annotations

import re
from dataclasses import replace

from shared.backends.offline.judging.clues.signs import ANY, SIGNS, SITE, TITLE, TOP, Sign
from shared.backends.offline.judging.clues.vocabulary import DAY, MONEY, TIME

CLEAR = 2  # the weight of a trait that is enough by itself
_MONTHS = (
    r"january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|"
    r"mai|juni|"
    r"juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|"
    r"febrero|"
    r"marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|janeiro|fevereiro|março|maio|"
    r"junho|julho|"
    r"setembro|outubro|dezembro"
)


def trait(weight: int, says: str, *parts: str, where: str = ANY) -> Sign:
    """Return a weak sign of a site."""
    return Sign(SITE, weight, says, re.compile("|".join(parts), re.IGNORECASE), where)


_COUNTED = tuple(replace(each, min_count=1, weight=CLEAR) for each in SIGNS if each.of == SITE and each.min_count > 1)

TRAITS: tuple[Sign, ...] = (
    trait(
        2,
        "is titled as a site is",
        r"\b(?:web ?-?sites?|sites?|web ?-?page|home ?page|landing page|web ?seite|internetseite|site web|sitio)\b",
        r"\b(?:página|pagina|sito)\b|\bpage (?:for|about|on|pour|sur)\b|\bseite (?:für|über)\b",
        r"网站|网页|主页|サイト|ページ|сайт|سایت|موقع",
        where=TITLE,
    ),
    trait(
        1,
        "is titled as a place, a group or an event is",
        r"\b(?:clubs?|association|society|choir|band|school|caf[eé]|bakery|shop|store|librar(?:y|ies)|museum|hall)\b",
        r"\b(?:practice|clinic|workshop|studio|lessons?|courses?|class(?:es)?|rooms?|hotel|inn|restaurant|bar|salon)\b",
        r"\b(?:farm|market|fair|fete|party|festival|concert|exhibition|wedding|barn|guide|rules|menu|services?)\b",
        r"\b(?:plumb\w+|joiner\w*|carpent\w+|electrician|garage|gallery|theat(?:re|er)|church|team|neighbourhood)\b",
        r"\b(?:opening|beginners|trip|tour|walk)\b",
        r"\w*(?:verein|chor|schule|laden|bäckerei|tischlerei|werkstatt|praxis|wohnung|fest|markt|kurs|"
        r"unterricht)e?s?\b",
        r"\w*(?:haus|hof|treff|gruppe|museum|theater|hotel|internat|café|nachhilfe)e?s?\b",
        r"\b(?:boulangerie|club|association|cours|chambres?|fanfare|chorale|école|atelier|musée|marché|fête|salle)\b",
        r"\b(?:ferme|librairie|restaurant|taller|panadería|club|coro|escuela|tienda|fiesta|mercado|museo|clases)\b",
        r"\b(?:casa|hotel|clínica|pastelaria|padaria|aulas|horta|escola|loja|festa|oficina|clube|associação)\b",
        r"\b(?:agriturismo|trattoria|osteria|bottega|scuola|coro|sagra|mercato|biblioteca|corso|associazione|"
        r"panificio)\b",
        r"\w*(?:vereniging|koor|winkel|bakkerij|praktijk|feest|markt|cursus|bibliotheek|werkplaats)\b|\b(?:camping|"
        r"bakker)\b",
        r"\b(?:dernek|derneği|kulübü|kursu|okulu|fırını?|lokanta\w*|pansiyon\w*|atölye\w*|kütüphane\w*|pazarı|"
        r"şenli\w+)\b",
        r"\b(?:stowarzyszenie|klub|chór|szkoła|piekarnia|sklep|zakład|pracownia|warsztat\w*|festyn|kurs|biblioteka|"
        r"pensjonat)\b",
        r"(?:教室|会館|食堂|商店|工房|旅館|民宿|図書館|祭り?|クラブ)$|[馆店课社团校院所坊班市](?:\b|$)|活动|俱乐部|"
        r"协会|市场|学校|餐厅",
        where=TITLE,
    ),
    trait(
        2,
        "speaks for a business or a group",
        r"\b(?:we|our|us|ours)\b|\b(?:wir|unser\w*|uns)\b|\b(?:nous|notre|nos)\b|\b(?:nosotr[oa]s|nuestr[oa]s?)\b",
        r"\b(?:nós|noss[oa]s?|somos)\b|\b(?!vamos\b)\w{2,}[aei]mos\b|\b(?:wij|ons|onze)\b|\b(?:nostr\w+|\w+iamo)\b",
        r"\b(?:biz\w*|\w+[ıiuü]yoruz)\b|\b(?:мы|наш\w*|нас|нам)\b|我们|本店|本社|私たち|当店|نحن",
        where=TOP,
    ),
    trait(
        2,
        "says what is done or given for others",
        r"\b(?:i|he|she|they|who|neighbours|volunteers) (?:teach|offer|sell|repair|mend|help|make|build|play)s?\b",
        r"\b(?:i|he|she|they|who|neighbours|volunteers) (?:bake|serve|lend|hire|print|walk|guide|coach|tutor)s?\b",
        r"\b(?:for|to) (?:hire|rent)\b|\bcan be hired\b|\bfor sale\b|\bto order\b|\bmade to (?:measure|order)\b",
        r"\b(?:included|available|same-day|free of charge|is free|are free|can borrow|borrow\b.*\bfrom|handmade)\b",
        r"\b(?:visitors|guests|customers|members|neighbours|families|patients|clients)\b",
        r"\b(?:room|space|seats?|places?|beds?) for \w+|\bseats \w+|\bwith a view\b",
        r"\bich (?:helfe|biete|unterrichte|repariere|nähe|baue|verkaufe|gebe)\b|\bzu (?:vermieten|verkaufen|mieten)\b",
        r"\b(?:platz|plätze|raum|betten) für\b|\berlaubt\b|\bgäste\w*\b|\bkund(?:en|innen)\b|\bnachbarn\b",
        r"\bbesucher\w*\b|\bauf bestellung\b|\bfür (?:anfänger|kinder|alle|erwachsene)\b",
        r"\b(?:à louer|à vendre|sur (?:commande|mesure)|pour (?:débutants|enfants|tous))\b|\bau levain\b|\bgratuit",
        r"\b(?:j['’]enseigne|je (?:répare|propose|vends|donne|loue)|clients?|visiteurs)\b",
        r"\b(?:ofrec\w+|enseño|reparo|vendo|alquil\w+|se (?:vende|alquila|ofrece)|por encargo|gratis|clientes)\b",
        r"\b(?:vecinos|visitantes|fresc[oa]s?|para (?:niños|todos|adultos|principiantes))\b",
        r"\b(?:oferec\w+|ensino|conserto|alug\w+|por encomenda|grátis|vizinhos)\b",
        r"\bpara (?:crianças|iniciantes)\b",
        r"\b(?:offriamo|vendiamo|insegno|riparo|affitt\w+|su (?:ordinazione|misura)|ospiti|visitatori|clienti|"
        r"per (?:bambini|tutti))\b",
        r"\b(?:te huur|te koop|op (?:maat|bestelling)|klanten|bezoekers|gasten|voor (?:kinderen|beginners|"
        r"iedereen)|gratis)\b",
        r"\b(?:kiralık|satılık|sipariş üzerine|misafir\w*|müşteri\w*|ziyaretçi\w*|ücretsiz|çocuklar için)\b",
        r"\b(?:do wynajęcia|na sprzedaż|na zamówienie|klien\w+|goś(?:cie|ci)|odwiedzając\w+|dla (?:dzieci|każdego|"
        r"początkujących)|bezpłatn\w+)\b",
        r"お客様|貸し出し|販売|承ります|初心者|どなたでも|無料|ご利用|我(?:教|卖|修|做|帮)|提供|出租|出售|免费|"
        r"顾客|游客|居民|会员|接待|预约|定做",
        where=TOP,
    ),
    trait(
        2,
        "says when",
        rf"(?!(?:mon|sun|wed)\b)(?:{DAY})|{TIME}",
        r"\b(?:at|from|by) (?:\d{1,2}\b|noon|midnight|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)",
        rf"\b\d{{1,2}}\W{{1,2}}(?:de )?(?:{_MONTHS})\b|\b(?:{_MONTHS}) \d{{1,2}}\b|\b(?:in|im|en|em) (?:{_MONTHS})\b",
        r"\b(?:daily|every (?:day|week|month|evening|morning|weekend|year)|weekly|täglich|jede[nrs]?)\b",
        r"\b(?:tous les|chaque|todos (?:los|os) (?:días|dias)|cada|diariamente)\b|每[天周月年节]|毎[日週月]|"
        r"\b(?:ogni|elke|iedere|każd[aąeoy]\w*|codziennie|dagelijks|wekelijks)\b|\bher (?:gün|hafta|ay|pazar|"
        r"cumartesi)",
        r"(?<!\w)(?:a partir d\w+|dès|ab) \d",
    ),
    trait(
        2,
        "says what it costs, or when it is open",
        rf"\d\s?{MONEY}(?!\w)|{MONEY}\s?\d|[一二三四五六七八九十百千\d]元",
        r"\b(?:per|an|pro|par|por) (?:hour|night|person|stunde|nacht|heure|nuit|hora|noche|noite)\b",
        r"\bopen(?:s|ing|ed)? (?:on|from|at|every|daily|until|to|hours)\b|\bclosed on\b",
        r"\b(?:geöffnet|geschlossen|öffnungszeiten|ouverte?s?|fermée?s?|abiert[oa]s?|cerrad[oa]s?)\b",
        r"\b(?:apert[oaie]|chius[oaie]|orari|geopend|gesloten|openingstijden|açık|kapalı|czynn[eay]|nieczynn[eay]|"
        r"otwart[eay])\b"
        r"|\b(?:a notte|a persona|all['’]ora|per nacht|per uur|kişi başı|gecelik|za (?:noc|osobę|godzinę))\b",
        r"\b(?:abert[oa]s?|fechad[oa]s?)\b|开门|营业|営業|開店",
    ),
    trait(
        2,
        "says where",
        r"\b[\w'’]+ (?:street|lane|road|avenue|yard) \d|\b\d+\w? [\w'’]+ (?:street|lane|road|avenue)\b",
        r"\w+(?:straße|strasse|gasse|weg|platz) \d|\b(?:rue|avenue|calle|rua|avenida|via) \w+",
        r"\bpublic transport\b|\bbus stop\b|\b(?:line|bus|tram|linie|ligne|línea|linha) \d",
        r"\b(?:im|am|beim) (?:gemeindehaus|bahnhof|marktplatz|rathaus)\b|\bà la (?:salle|mairie|gare|place)\b",
        r"\b(?:in )?(?:piazza|strada|corso|vicolo) [A-Z]\w+|\b\w+(?:straat|laan|plein|gracht|kade) \d|\b(?:ul\.|"
        r"aleja|plac) ?\w+|\w+ (?:sokak|sokağı|caddesi|cad\.|mahallesi)|駅から|徒歩|丁目",
        r"\ben la (?:plaza|biblioteca|playa|calle)\b|\bna (?:praça|praia|escola|biblioteca|rua)\b|路\d|号|集合",
    ),
    trait(
        2,
        "speaks to its readers",
        r"\b(?:your|yours|you)\b|\b(?:join|visit|call|ring|write to) us\b|\b(?:bring|come|book) (?:a|along|and)\b",
        r"\b(?:euch|euer|eure|ihr|bringt|kommt|meldet|besucht)\b|\b(?:vous|votre|vos|venez|apportez)\b",
        r"\b(?:usted(?:es)?|vuestr\w+|tráe\w*|venid|vengan)\b|\b(?:vocês?|tragam|venham)\b|您|你|欢迎|请来",
        where=TOP,
    ),
    trait(
        1,
        "names what there is",
        r"\w{3,}, [^.!?,]+,? (?:and|or|und|oder|et|ou|y|e|o) \w+",
        r"\w{3,} (?:and|und|et|y|e) (?:an? |the |one )?\w{3,}|[^、，]+、[^、]+|\w[^,.]*, [^,.]+, [^.]+\.$",
    ),
    trait(
        2,
        "says what is wished",
        r"\b(?:it|this|there|they) (?:should|must|shall|has to|have to|needs? to)\b|\b(?:es|das|sie) soll\w*\b",
        r"\b(?:il faut|ça doit|il doit|elle doit|debe\w*|hay que|deve\w*|é preciso)\b|应该|必须|需要",
    ),
    trait(1, "says what it is for", r"\b(?:for|für|pour|para|voor|için|для)\b|为"),
    trait(1, "says what things are made of", r"\b(?:from|aus|de) (?:local|regional|heimisch\w*|eigen\w*)\b"),
    *_COUNTED,
)
OFFERS = frozenset(
    {
        "is titled as a site is",
        "is titled as a place, a group or an event is",
        "says what is done or given for others",
        "says when",
        "says what it costs, or when it is open",
        "says where",
        *(each.says for each in _COUNTED),
    }
)
