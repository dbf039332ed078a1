"""Pages of a title and a line: clear ones that offer something to others, and thin ones; a `|` stands between the two.

Those that were held out were planned once, after the last change of the rule.
"""

from __future__ import annotations

CLEAR_LOOKED_AT = """
Alpaca trekking|Hike with alpacas through the vineyards. Two hours, tea afterwards.
Laundrette on Pearl Street|Twelve washers, six dryers, wifi and a sofa.
Swimming badges|Children earn bronze, silver and gold.
The Blue Door|Hair, beards, hot towels.
Gluten-free baking|Flour mixes, tins and what to do when the dough cracks.
Tenants' union Eastside|Rents have gone up by a third. Here is what the law says.
Night market|Food stalls and lanterns along the river until midnight.
Emergency numbers|Fire 112, poison centre 555 0199, caretaker 555 0123
Stargazing|The observatory on the hill shows Saturn on clear nights.
Mara Lind, translator|English, Danish and Polish. Contracts, novels, subtitles.
Fahrschule Krause|Auto, Motorrad, Anhänger. Theorie am Abend.
Hofladen Ahrens|Eier, Kartoffeln, Honig und Apfelsaft aus eigenem Anbau.
Kletterhalle Nord|Bouldern, Seilklettern, Leihschuhe.
Krabbelgruppe|Eltern mit Babys treffen sich zum Singen.
Garage Petit|Révision, pneus, freins. Devis rapide.
Apiculteur en Ardèche|Miel de châtaignier et de lavande, vente à la ferme.
Chorale des Tilleuls|Répétition au foyer rural, toutes les voix sont bienvenues.
Peluquería canina|Baño, corte y uñas para perros y gatos.
Rutas en kayak|Salidas guiadas por el río con material incluido.
Academia de idiomas|Inglés, francés y alemán, grupos pequeños.
Oficina de bicicletas|Revisões, travões, rodas. Orçamento na hora.
Quinta do Vale|Vinho, azeite e dormidas no campo.
Grupo de teatro|Procuramos atores e atrizes sem experiência.
花店|玫瑰、百合、向日葵，可送货上门。
二手书市|旧书五折，周日在公园。
太极班|零基础也可以学，老师耐心。
Ferry timetable|Sailings to the island leave at half past the hour in summer.
Cobbler|Soles, heels and zips while waiting.
Lost cat: Mimi|Grey, white paws, last seen near the school. Reward.
Vintage bicycles|Restored racers from the seventies, each one a single piece.
Community fridge|Take what is needed, leave what is not.
Guitar maker|Classical instruments in spruce and cedar.
Allergy information|Cakes contain nuts, milk and egg.
Volunteer firefighters|Training on Wednesdays. New faces wanted.
Tinnitus support group|Talking helps. First meeting in the parish house.
Mushroom walks|Learn which ones are safe. Baskets provided.
Dachdecker Wolf|Reparaturen, Neubau, Solaranlagen.
Chorprobe|Proben für das Weihnachtsoratorium im Pfarrsaal
Tierarztpraxis|Hunde, Katzen, Kaninchen. Hausbesuche möglich.
Sauna am Waldrand|Holzofen, Tauchbecken, Ruheraum.
Fromagerie des Alpes|Tommes, reblochons et yaourts de chèvre.
Covoiturage|Trajets quotidiens entre Lyon et Vienne.
Plombier chauffagiste|Dépannage, installation, entretien.
Huerta ecológica|Verduras de temporada y cestas semanales.
Abogada laboral|Despidos, contratos y nóminas.
Carpintaria Silva|Móveis, portas e janelas em madeira.
Passeios de barco|Golfinhos, grutas e pôr do sol.
裁缝铺|改衣服、换拉链、做窗帘。
民宿|三间房，可以看海，含早餐。
摄影工作室|婚礼、证件照、全家福。
古镇一日游|导游讲解，包午餐。
"""
THIN_LOOKED_AT = """
Foghorn|Heard it twice last night.
Green|or maybe teal
Karl|owes me a tenner
Dream|A staircase under water.
Misc|batteries, tape, string
Untitled|...
Note|It was the butler.
Beethoven|Deaf, and still.
Password reset thing|later
Cellar smell|worse in autumn
Sätze|Es regnet Bindfäden.
Werner|Geburtstag? Socken?
Herbst|Laub überall. Schön.
Kram|Batterien, Klebeband
Rêve|Un escalier sous l’eau.
Pierre|lui rendre sa perceuse
Automne|Feuilles partout.
Sueño|Una escalera bajo el agua.
Otoño|Hojas por todas partes.
Sonho|Uma escada debaixo de água.
Outono|Folhas por todo o lado.
梦|水下的楼梯。
秋天|到处是落叶。
Shoes|left one squeaks
Rain|Again. Everything smells of wool.
Maria|prefers tea
Kafka|A cage went in search of a bird.
Later|sort photos
Thursday evening|Long call with dad. He sounded old.
Names|Iris, Otto, Flora
Roof|leaks
Sentence|The sea was a sheet of lead.
Mood|flat
Things I miss|snow, trams, silence
Draft title here|lorem ipsum
Bruder|hat meine Säge
Wörter|Flieder, Schwelle, Dämmerung
Traum|Ein Haus ohne Fenster.
Abends|Lange gelaufen. Kopf frei.
Mots|lisière, brume, galet
Hier soir|Dispute, puis silence.
Palabras|orilla, umbral, ceniza
Ayer|Caminé mucho. Llovía.
Palavras|orla, cinza, névoa
Ontem|Discussão e depois silêncio.
词语|黄昏，门槛，灰
昨晚|和爸爸通了电话，他老了。
猫|又跑了
"""
CLEAR_HELD_OUT = """
Canal swimming|Changing rooms, lifeguards and warm showers.
Knife sharpening|Leave them at the newsagent, collect the next morning.
Parents' choir, first rehearsal|Bach, Beatles and biscuits
Second-hand uniforms|Sizes 4 to 14, washed and ironed.
Vegetable boxes|Potatoes, leeks and whatever the field gives.
Wheelchair access|Ramp at the side entrance, lift to both floors.
Jazz on the quay|Trio, quartet, open stage.
Cycling to school|Safe routes, places to lock up and a map of potholes.
Parking for residents|Permits cost less for small cars.
Home-made soaps|Lavender, oatmeal, pine tar.
Schülerzeitung|Umfragen, Rezepte, Witze und ein Interview mit der Köchin.
Blumen Becker|Sträuße, Kränze, Hochzeiten.
Imkerei am Hang|Akazienhonig, Kerzen, Propolis.
Stadtführung|Vom Münster durch die Altstadt bis zur Brücke.
Spieleabend|Brettspiele, Karten, Knabbereien.
Librairie du Pont|Romans, bandes dessinées et dédicaces.
Atelier vélo|Outils en libre-service et conseils.
Festival de marionnettes|Spectacles dans les rues et les écoles.
Tintorería Sol|Abrigos, vestidos y alfombras.
Visitas al faro|Subida guiada con vistas a la bahía.
Cursos de fotografía|Retrato, paisaje y revelado.
Escola de música|Piano, violino e canto para todas as idades.
Feira de artesanato|Cestos, barro, linho e bordados.
书法比赛|少年组和成人组，作品月底前交。
修车铺|补胎、换链条、调刹车。
"""
THIN_HELD_OUT = """
Gulls|Loud today.
Teacup|chipped
Old friend|Saw him across the street and waved.
Sam|allergic to walnuts
Fragments|half a song, a smell of tar
Window|Somebody left the light on again.
Plans|one day
Shelf|too short by a hand
Proverb|Still waters run deep.
What I want|quiet
Tiny thing|hmm
Sunday|Pancakes. Long nap. Rain.
Nachbar|klopft wieder
Fenster|Licht brennt noch
Sprichwort|Stille Wasser sind tief.
Mittwoch|Kopfweh. Früh ins Bett.
Voisin|frappe encore
Proverbe|L’eau dort.
Mercredi|Mal à la tête.
Vecino|llama otra vez
Miércoles|Dolor de cabeza. Pronto a la cama.
Vizinho|bate outra vez
Quarta|Dor de cabeça.
邻居|又敲门了
星期三|头疼，早睡。
"""


def texts(lines: str) -> list[str]:
    """Return the Markdown of every page."""
    pairs = (line.partition("|") for line in lines.strip().splitlines())
    return [f"# {title}\n\n{said}\n" for title, _, said in pairs]
