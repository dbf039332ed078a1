"""More pages, told in a few lines, with what a sensible person expects; written before any of them was planned."""

from __future__ import annotations

MORE: tuple[tuple[str, str], ...] = (
    (
        "# Shell: comandos que uso todo dia\n"
        "\n"
        "Para não esquecer.\n"
        "\n"
        "- `ls -la` lista tudo\n"
        "- `du -sh *` mostra o tamanho\n"
        "- Na linha de comando, Ctrl+R procura no histórico\n",
        "ask",
    ),
    (
        "# 注意力机制在推荐系统中的应用\n"
        "\n"
        "这篇文章介绍了一种新的方法。\n"
        "\n"
        "作者通过调用公开接口收集了数据，并比较了五个模型。结果显示平均提高百分之四。\n"
        "\n"
        "结论：方法有效，但成本较高。\n",
        "ask or site",
    ),
    (
        "# Cellar shelves\n"
        "\n"
        "Anton sorts the shelves in October.\n"
        "\n"
        "Do not build a website for this, it is only for us.\n",
        "ask",
    ),
    (
        "# Task hygiene\n\nSet the status of all overdue tasks to Blocked, and tell the owners.\n",
        "refuse or ask",
    ),
    (
        "# Besprechung Vorstand 12.3.\n"
        "\n"
        "Anwesend: Olga, Jens, Frau Petrov\n"
        "\n"
        "Kasse stimmt.\n"
        "\n"
        "Jens bringt Getränke mit.\n"
        "\n"
        "Wir brauchen eine Schnittstelle, über die die Kasse die Mitgliederliste abfragen kann: GET /mitglieder\n"
        "\n"
        "Nächster Termin im Mai.\n",
        "service",
    ),
    (
        "# Réunion produit\n"
        "\n"
        "Présents : Léa, Karim\n"
        "\n"
        "On a parlé du budget.\n"
        "\n"
        "Il nous faut une API pour que la boutique lise le stock.\n"
        "\n"
        "Prochaine réunion jeudi.\n",
        "service or ask",
    ),
    (
        "# invoices-renamer\n"
        "\n"
        "CLI in Python.\n"
        "\n"
        "1. Scan a folder for PDFs\n"
        "2. Extract invoice number and date\n"
        "3. Rename to date_number.pdf\n"
        "4. Skip files already renamed\n"
        "5. Log every change to rename.log\n"
        "6. Support --dry-run\n",
        "refuse",
    ),
    (
        "# Product requirements: todo API\n"
        "\n"
        "| Method | Path |\n"
        "|---|---|\n"
        "| GET | /todos |\n"
        "| POST | /todos |\n"
        "\n"
        "Auth is out of scope.\n",
        "service",
    ),
    (
        "# Konzert im Hof\n\nAm 4. Juli um 19 Uhr spielt das Quartett. Eintritt frei, Kissen mitbringen.\n",
        "site",
    ),
    (
        "# 小红家常菜：番茄炒蛋\n"
        "\n"
        "材料：番茄两个，鸡蛋三个，盐少许。\n"
        "\n"
        "1. 番茄切块\n"
        "2. 鸡蛋打散\n"
        "3. 先炒蛋，再炒番茄\n",
        "site",
    ),
    (
        "# 店内料金表\n"
        "\n"
        "| 品 | 値段 |\n"
        "|---|---|\n"
        "| カット | 4000円 |\n"
        "| カラー | 7000円 |\n"
        "\n"
        "火曜定休、10:00から19:00\n",
        "site",
    ),
    (
        "# عقد إيجار - مسودة\n\n1. مدة العقد سنة\n2. الإيجار شهري\n",
        "ask",
    ),
    (
        "# Trening i dieta\n\n- [ ] kupić buty\n- [ ] zapisać się na siłownię\n- [ ] umówić lekarza\n",
        "ask",
    ),
    (
        "# 2026-11-02\n\nSlept badly. Called mum. I feel tired but the walk by the canal helped.\n",
        "ask",
    ),
    (
        "# Besprechungsnotizen Marketing\n\n- Budget bleibt\n- Kampagne im Mai\n- Tom ist krank\n",
        "ask",
    ),
    (
        "# Login button does nothing on Safari\n"
        "\n"
        "What happens: I tap and nothing.\n"
        "What should happen: the login form opens.\n"
        "Version 2.1, iPhone 12. Works in Chrome.\n",
        "refuse or ask",
    ),
    (
        "# Spielplatzfest – interner Entwurf\n\nBitte noch nicht veröffentlichen.\n\n- Hüpfburg 150 €\n",
        "ask",
    ),
    (
        "# Portfolio\n"
        "\n"
        "I am a ceramicist from Lyon. My bowls are fired twice.\n"
        "\n"
        "- Exhibition 2024: Marseille\n"
        "- Contact: anne@example.org\n",
        "site",
    ),
    (
        "# Телефонная книга кафедры (внутренняя)\n\n- Иванова 12-34\n",
        "ask",
    ),
    (
        "# Menü der Woche\n\n- Montag: Linsen 7,50 €\n- Dienstag: Fisch 9 €\n- Mittwoch: Nudeln 6,80 €\n",
        "site",
    ),
    (
        "# Weather bot\n\nA bot that sends me the forecast every morning and warns me when it rains.\n",
        "refuse",
    ),
    (
        "# Bibliothek Ausleihe\n"
        "\n"
        "Ein kleines Programm, das Bücher und Ausleihen verwaltet: hinzufügen, auflisten, löschen. "
        "Felder: Titel, Autor, ausgeliehen an.\n",
        "service",
    ),
    (
        "# Plan a team offsite\n\nBook a hotel for twelve people in June and order the train tickets.\n",
        "ask or refuse",
    ),
    (
        "# Clean up the CRM database\n\nDelete duplicate rows in the Contacts database and merge their notes.\n",
        "refuse or ask",
    ),
    (
        "# Weekly report\n\nSummarise what the team did this week and mail it to the board every Friday.\n",
        "ask or refuse",
    ),
    (
        "# Ata da reunião de condomínio\n\nPresentes: Ana, Rui\n\n- O portão avariou\n- Próxima reunião em maio\n",
        "ask",
    ),
    (
        "# FAQ des Schwimmkurses\n"
        "\n"
        "## Was muss ich mitbringen?\n"
        "\n"
        "Badehose und Handtuch.\n"
        "\n"
        "## Was kostet es?\n"
        "\n"
        "60 €\n",
        "site",
    ),
    (
        "# 会议记录 11月2日\n"
        "\n"
        "出席：小李、小王\n"
        "\n"
        "- 预算通过\n"
        "- 下周完成设计\n"
        "\n"
        "我们需要一个接口，让前台查询房间：GET /rooms\n",
        "service",
    ),
    (
        "# Trip to Kyoto\n\n- Passport\n- Yen\n- Adapter\n",
        "ask",
    ),
    (
        "# Öffnungszeiten Werkstatt\n\nMontag 9:00–17:00\n\nDienstag 9:00–17:00\n",
        "site",
    ),
    (
        "# Vegan pancakes\n"
        "\n"
        "200 g flour, 300 ml oat milk, a pinch of salt.\n"
        "\n"
        "Stir, rest for ten minutes, fry in a hot pan.\n",
        "site",
    ),
    (
        "# Retro sprint 14\n"
        "\n"
        "## What went well\n"
        "\n"
        "- Deploys\n"
        "\n"
        "## What did not\n"
        "\n"
        "- Standups take an hour\n"
        "\n"
        "## Actions\n"
        "\n"
        "- Mo shortens standups\n",
        "ask",
    ),
    (
        "# Curriculum Vitae\n"
        "\n"
        "Giulia Ferri, infermiera\n"
        "\n"
        "- 2018-2025 Ospedale Maggiore\n"
        "- 2015-2018 Casa di cura Sole\n",
        "site",
    ),
    (
        "# Precios del taller de cerámica\n\n- Clase suelta: 25 €\n- Bono de cinco: 110 €\n- Horno: 8 €\n",
        "site",
    ),
    (
        "# Straatfeest\n\nZaterdag 6 juni vanaf 15:00 in de Lindestraat. Iedereen is welkom, neem een stoel mee.\n",
        "site",
    ),
    (
        "# Spec: Booking service\n"
        "\n"
        "Endpoints:\n"
        "\n"
        "- GET /bookings\n"
        "- POST /bookings with name and day\n"
        "- DELETE /bookings/{id}\n",
        "service",
    ),
    (
        "# Экспорт в CSV не работает\n"
        "\n"
        "Шаги воспроизведения: открыть отчёт, нажать «Экспорт».\n"
        "\n"
        "Ожидаемый результат: файл. Фактический результат: ошибка 500.\n",
        "refuse",
    ),
    (
        "# 买菜\n\n- 白菜\n- 豆腐\n- 鸡蛋\n- 牛奶\n",
        "ask",
    ),
    (
        "# Journal de bord, 3 mai\n\nAujourd’hui j’ai encore mal dormi. Je pense trop au travail.\n",
        "ask",
    ),
    (
        "# To do before the move\n\n- [ ] Boxes\n- [ ] Van\n- [ ] Keys back to the landlord\n- [ ] Redirect post\n",
        "ask",
    ),
    (
        "# Arbeitsvertrag (Entwurf)\n"
        "\n"
        "Zwischen der Firma Holz und Frau Lang.\n"
        "\n"
        "1. Beginn 1. Mai\n"
        "2. 30 Stunden in der Woche\n",
        "ask",
    ),
    (
        "# Literature review: sleep and memory\n\n- Study A: 40 people, naps help\n- Study B: no effect after 60\n",
        "ask or site",
    ),
    (
        "# Como plantar tomates\n\n1. Escolha um vaso fundo\n2. Duas sementes por vaso\n3. Regue de manhã\n",
        "site",
    ),
    (
        "# Notiz an mich\n\nZahnarzt anrufen, Ulli das Buch zurückgeben.\n",
        "ask",
    ),
    (
        "# ヨガ教室のご案内\n\n毎週木曜日 19:00〜20:30、公民館。参加費500円。どなたでも歓迎です。\n",
        "site",
    ),
    (
        "# Website for the chess club\n"
        "\n"
        "We meet on Tuesdays at 19:00. New players are welcome. Contact: chess@example.org\n",
        "site",
    ),
    (
        "# Scraper for flat ads\n"
        "\n"
        "A Python script that checks three sites every hour and mails me new flats below 900 €.\n",
        "refuse",
    ),
    (
        "# Kundendaten aufräumen\n\nSetze bei allen Kunden ohne Bestellung den Status auf Inaktiv.\n",
        "refuse or ask",
    ),
    (
        "# Quarterly numbers\n\nConfidential. Revenue is down 4 %. Do not share outside the board.\n",
        "ask",
    ),
    (
        "# ملاحظات الاجتماع\n\nالحضور: سارة، خالد\n\n- تأجل المشروع\n- خالد يتصل بالمورد\n",
        "ask",
    ),
    (
        "# صورت\u200cجلسهٔ هیئت مدیره\n"
        "\n"
        "حاضران: مینا، کاوه\n"
        "\n"
        "- بودجه تصویب شد\n"
        "- یک API لازم داریم تا وب\u200cسایت موجودی انبار را بخواند\n"
        "- جلسهٔ بعد سه\u200cشنبه\n",
        "service or ask",
    ),
    (
        "# Inventory tool\n"
        "\n"
        "A command-line tool that keeps track of our costumes.\n"
        "\n"
        '    costumes add "Red cape" --size M\n'
        "    costumes list\n"
        "    costumes remove 4\n",
        "service",
    ),
    (
        "# 레시피: 김치전\n\n재료: 김치 한 컵, 부침가루 한 컵, 물.\n\n1. 김치를 썬다\n2. 반죽을 만든다\n3. 부친다\n",
        "site",
    ),
    (
        "# Bitte keine Homepage\n\nDas hier ist nur unsere Liste der Geräte.\n",
        "ask",
    ),
    (
        "# Wie wir kompostieren\n\nAnleitung für neue Nachbarn.\n\n1. Grünes und Braunes abwechseln\n2. Nie Fleisch\n",
        "site",
    ),
)
