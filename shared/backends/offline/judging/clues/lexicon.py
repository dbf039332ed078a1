"""The words by which a sentence tells what it speaks of, in the languages that are read: one table, rules elsewhere.

A word with a star stands for all that begin with it, and an underscore for a space. Scripts without spaces are looked
for anywhere. Rules over these notions hold in every language at once (`behaviour.py`, `between_records.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TABLE: Mapping[str, str] = {
    "people": "people visitor* user* guest* customer* families member* player* parents kids regulars everyone "
    "everybody "
    "anyone anybody someone somebody whoever walkers neighbours pupil* student* participant* person "
    "leute besucher* nutzer* gast gäste* kund* familien mitglied* spieler* eltern kinder jeder jede jemand wer "
    "nachbarn teilnehm* gens visiteur* utilisateur* client* familles membre* joueur* chacun* quelqu'un élèves "
    "voisins participant* gente visitante* usuario* familias socio* jugador* padres alguien quien vecinos pessoas "
    "usuári* utilizador* famílias sócio* jogador* alguém quem vizinhos persone visitatori utent* famiglie soci "
    "giocator* genitori ognuno qualcuno chi ospiti mensen bezoeker* gebruiker* klant* gezin* leden spelers ouders "
    "iedereen iemand diegene gasten wachtende* herkes biri kişi* ziyaretçi* kullanıcı* müşteri* aileler üye* "
    "oyuncu* veliler katılımcı* misafir* ludzie osob* użytkowni* rodzin* członk* gracz* każdy ktoś kto goście "
    "uczestni* sąsie* 用户 访客 客人 顾客 会员 家长 大家 每个人 有人 玩家 成员 同学 邻居 ユーザー 利用者 お客 会員 "
    "参加者 "
    "みんな 誰か 誰でも 保護者 訪れた人 見た人",
    "page": "on_the_plan on_a_plan sur_le_plan auf_dem_plan piantina plano_de_asientos planta_da_sala plattegrond "
    "背景 page site website webpage homepage app form map screen counter clock timer board list table program tool "
    "seite webseite website liste formular tabelle uhr anzeige programm tafel appli application formulaire "
    "tableau horloge écran página sitio web lista mapa formulario tabla pantalla reloj aplicación aplicativo "
    "formulário tabela ecrã tela relógio pagina sito elenco mappa tabella schermo orologio applicazione lijst "
    "formulier scherm klok sayfa* liste* harita* ekran* uygulama* strona stron* mapa lista formularz* zegar aplikacj* "
    "网页 页面 网站 表单 名单 列表 地图 屏幕 小程序 ページ サイト アプリ 画面 一覧 地図 リスト",
    "itself": "by_itself by_themselves all_by_itself on_its_own automatic* von_selbst von_allein* automatisch* "
    "selbständig tout_seul* toute_seule* toutes_seules tous_seuls d'elle-même de_lui-même d'eux-mêmes automatique* "
    "por_sí_sol* por_sí_mism* por_su_cuenta automátic* sozinh* por_si_só da_solo da_sola da_soli da_sole da_sé "
    "automatic* vanzelf uit_zichzelf automatisch* kendiliğinden kendi_kendine otomatik* samoczynni* automatyczn* "
    "sam_się sama_się samo_się sam_z_siebie samo_z_siebie 自动 自己会 自行 自動 勝手に ひとりでに",
    "press": "tap_the tap_a one_tap one_click a_click mit_einem_klick scan_the scan_a scan_it scans_the scans_a "
    "you_scan scan_je pincha pinchan 押せ click clicked clicking tap_on taps tapped tapping tap_it you_tap swip* "
    "scroll* drag drags dragging "
    "button* checkbox* "
    "dropdown* drop-down* slider* popup* pop-up* press_* presses klick* anklick* tippt antipp* "
    "antippt wisch* schaltfläche* knopfdruck drückt drücken button* scann* abschick* absend* cliqu* appui* bouton* "
    "scann* clic clica* clique* pulsa* pulse botón* pincha* escane* botão botões aperta* desliza* clicc* preme "
    "premendo "
    "pulsant* bottone tocca toccando scansion* inquadra* klik* tikt aantik* drukt knop* tıkla* dokun* düğme* buton* "
    "bastığ* basınca basıldığ* klikn* klika* naciśn* przycisk* dotkn* skanuj* zeskan* 点击 按下 点一下 点开 按钮 扫码 "
    "滑动 拖动 一点 押す 押し クリック タップ ボタン スワイプ スキャン 読み取る",
    "show": "show* display* say says tell tells appear* pops light_up lights_up zeig* anzeig* angezeigt erschein* "
    "sagt verrät affich* montr* indiqu* dit apparaî* muestr* mostrar* mostra* aparec* dice diga indica* diz exib* "
    "appar* compai* visualizz* dica dire toon* verschijn* zegt vertelt laat_zien göster* görün* söyle* yaz* pokaz* "
    "wyświetl* pojawi* mówi 显示 出现 弹出 告诉 表示 出る 出て 出して 現れ 見せ 教えて",
    "turn": "se_met turns turn_into changes goes becomes switches flips jumps wird wechselt springt färbt "
    "verwandelt devient "
    "change passe bascule cambia* vuelve pone convierte muda vira fica torna diventa passa wordt verandert springt "
    "değiş* döner dönüş* olur zmieni* staje przeskak* 变成 变为 变 切换 なる 変わ 切り替",
    "whether": "who_owes owes_whom see_which see_who wer_wie_viel wer_wieviel qui_doit quién_debe quem_deve "
    "chi_deve whether if_we if_it ob si_nous s'il si_estamos si_está se_estamos se_está se_siamo se_è of_we of_het "
    "czy mı mi olup_olmad* 是否 有没有 かどうか 何人 how_many how_much how_long wie_viele wie_viel wie_lange "
    "combien cuánt* "
    "quant* hoeveel kaç ile 几 多少 which_number who_is who_has which_one 第几 何番",
    "now": "right_now at_the_moment currently at_this_moment just_now gerade jetzt momentan aktuell en_ce_moment "
    "maintenant actuellement ahora en_este_momento agora neste_momento adesso in_questo_momento op_dit_moment nu "
    "şu_an* şimdi teraz w_tej_chwili aktualnie 现在 此刻 目前 当前 今 いま 現在",
    "open": "open closed free taken occupied available full geöffnet offen geschlossen frei belegt besetzt ouvert* "
    "fermé* libre* occupé* disponible* abiert* cerrad* ocupad* abert* fechad* livre* aperto aperta aperti chius* "
    "liber* occupat* geopend dicht vrij bezet vol açık kapalı boş dolu otwart* zamknię* woln* zajęt* 开门 营业 "
    "空闲 空着 "
    "有空 开着 営業中 開いて 空いて 空き 満席 閉まって",
    "yes": "yes ja oui sí sim sì evet tak はい 是",
    "no": "no nein non não nee hayır nie いいえ 否 不是",
    "left": "left remaining to_go übrig verbleib* noch_bis bis_zum il_reste restant* faltan quedan falta "
    "faltam restam mancano rimangono rimast* nog_tot resterend* kaldı* kalan pozosta* zosta* 还剩 剩余 还有 残り あと",
    "countdown": "countdown* counts_down count_down compte_à_rebours cuenta_atrás cuenta_regresiva contagem_regressiva "
    "conto_alla_rovescia aftel* geri_sayım* odlicz* 倒计时 倒数 カウントダウン",
    "period": "dniach tagen giorni day days hour hours minute minutes second seconds week weeks month months tag "
    "tage tagen stunde stunden "
    "minute minuten sekunden woche wochen jour jours heure heures semaine semaines mois día días hora horas minuto* "
    "segundo* semana semanas mes meses dia dias mês giorno giorni ora ore minuti secondi settiman* mese mesi dag dagen "
    "uur uren minuten seconden week weken maand gün* saat* dakika* saniye* hafta* dzień dni godzin* minut* sekund* "
    "tydzień tygodni* miesiąc* min 天 日 小时 分钟 秒 周 時間 分 週",
    "every": "every each jede* täglich* wöchentlich chaque tous_les toutes_les cada todos_los todas_las todos_os "
    "diari* "
    "ogni elke iedere dagelijks her codzienn* każde* 每 毎",
    "other": "ちがう 違った another different new anderer andere anderes anderen neue* neuer autre* différent* "
    "nouve* otr* distint* "
    "nuev* diferente* outr* novo nova altr* divers* nuov* ander andere nieuw* başka farklı yeni inny inna inne "
    "nowy nowa nowe 不同 新的 另 换 "
    "違う 別の 新しい 変わる",
    "piece": "俳句 川柳 haiku line lines quote* photo* picture* question* word sentence* proverb* fact* poem* "
    "joke* riddle* song* tip "
    "spruch sprüche zitat* foto* bild frage* wort satz rätsel gedicht witz citation* phrase* mot devinette* frase* "
    "pregunta* palabra* acertijo* refrán chiste* pergunta* palavra* adivinha* domanda parola indovinello proverbio "
    "spreuk* citaat vraag woord raadsel söz* soru* kelime* bilmece* fotoğraf* cytat* zdani* zdjęci* pytani* zagadk* "
    "przysłow* 名言 诗 问题 照片 句子 谜语 一句 格言 写真 質問 言葉 クイズ なぞなぞ 一言",
    "random": "random* by_lot zufäll* zufall* auslos* lost_aus au_hasard aléatoire* tirage_au_sort al_azar aleatori* "
    "sortea* sorte* ao_acaso a_caso casual* sorteggi* willekeurig* rastgele kura losow* losuj* 随机 抽签 抽取 ランダム "
    "抽選 くじ",
    "calc": "it_counts counts_for it_adds zählt_zusammen calculat* compute computes computed computing works_out "
    "adds_up convert* rechne* berechn* ausrechn* "
    "rechnet zusammenrechn* umrechn* "
    "summier* calcul* additionn* convert* suma sumar sumando somar soma* convert* calcol* somma* sommare bereken* "
    "rekent rekenen optel* omreken* hesapla* topluyor toplar dönüştür* oblicz* wylicz* zlicz* sumuj* przelicz* "
    "计算 算出 换算 合计 計算 "
    "換算 合計",
    "sort": "sorted filter filters searchable sortier* filter* durchsuch* suchfunktion "
    "trier trie filtr* moteur_de_recherche ordena* buscador sorteer* "
    "zoekfunctie zoekveld sırala* filtrele* sortuj* wyszuk* 搜索 筛选 排序 查询 検索 絞り込 並べ替",
    "update": "update* refresh* aktualisier* actualis* actualiz* atualiz* aggiorn* bijgewerk* bijwerk* güncelle* "
    "aktualiz* zaktualiz* 更新",
    "remember": "remember* stores saves saved stored merkt speicher* gespeichert enregistr* mémoris* guarda* "
    "recuerda memoriza* grava* salva* memorizz* onthoud* opgeslagen kaydet* hatırla* zapis* zapamięt* 保存 记住 "
    "记录下来 "
    "記憶 保存 覚えて",
    "notify": "notif* remind reminds reminded reminder* alert* benachrichtig* erinnert erinnerung erinnerungs* "
    "prévenu* "
    "rappel notifi* avisa* avise aviso recordatorio* notific* lembrete* lembra* promemoria avvis* ricorda melding "
    "herinner* bildirim* hatırlat* haber_ver* powiadom* przypomn* przypomina* 通知 提醒 リマインド お知らせが",
    "mail": "mail e-mail email mails e-mails emails sms text_message inbox mailbox push whatsapp courriel* correo "
    "mensaje* mensage* messagg* posta bericht* sms'* e-posta* eposta* mesaj* mejl* mail* maila wiadomoś* e-mail* "
    "skrzynk* postfach handy_nachricht 邮件 邮箱 短信 微信 消息 メール 携帯 ショートメッセージ",
    "receive": "receive* get gets getting bekomm* erhält erhalten kriegt reçoi* recev* recib* receb* ricev* krijg* "
    "ontvang* alır* alsın dosta* otrzym* 收到 收 届く 届いて 受け取 もらえ",
    "arrive": "llegue cheguem chegue arrivi arrives lands comes_to goes_to sent_to landet geht_an kommt_bei arrive "
    "atterrit llega* chega* arriva* "
    "komt_binnen belandt gelsin gelir düşsün przychodz* trafia 发到 发送到 送到 届く 届き 届いて",
    "confirm": "confirm* bestätig* ticket* code link receipt confirmation* conferma* confirma* bevestig* onay* "
    "potwierdz* quittung beleg 确认 回执 验证码 確認 控え 返信",
    "me": "me my mir mein* moi mon mes mí mi mis meu minha mim mio mia mij mijn bana benim mnie mi mój moją 我 私 "
    "わたし "
    "僕",
    "we": "we wir nous nosotros wij biz we'll 我们 私たち 当店 当館 弊",
    "you": "you your sie ihnen ihr euch vous votre usted ustedes você vocês lei voi jullie uw siz size sizin państw* "
    "您 你 你们",
    "fill": "leave_one leaves_one leave_a_line leave_a_message leave_a_note enter enters entered types typing fill "
    "fills fill_in submit* eintrag* eingeb* eingibt einträgt ausfüll* "
    "eingetragen saisi* rempli* introduc* rellen* apunta* preench* inser* digita* compil* inserisc* invul* invoer* "
    "vult_in voert_in vullen doldur* girer* giriyor girsin wpis* wypełni* podaj* 填写 输入 填 入力 記入 "
    "書いていただ 書き込",
    "upload": "upload* hochlad* hochgeladen télévers* subir_fotos sube_una envia_fotos carica* uploade* yükle* "
    "przesył* wgra* wrzuc* 上传 アップロード 投稿",
    "choose": "choose* pick picks select* put_together puts_together wähl* auswähl* aussuch* zusammenstell* aussucht "
    "chois* sélection* composent elig* eleg* escog* selecc* escolh* selecion* scelg* sceglie* sceglier* selezion* "
    "kies* kiez* uitkiez* seç* wybier* wybra* zaznacz* 选择 挑选 选好 勾选 選ぶ 選び 選択 選んで 選べ",
    "book": "book books booking reserve* reserv* order orders buchen bucht reservier* bestell* anmeld* eintragen "
    "réserv* "
    "commander commandent inscri* reserva* encarga* pide piden apunta* encomend* pedir prenot* ordinano ordinare "
    "iscriv* boekt boeking bestel* "
    "inschrij* aanmeld* rezerv* sipariş* kayıt* zamówi* zamawia* zapis* rezerw* 预订 预约 预定 订购 下单 报名 予約 "
    "注文 "
    "申し込",
    "pay": "paient payent pay pays paying payment bezahl* zahl* paie* payer paiement paga* pagar* pago betaal* "
    "betal* öde* płac* "
    "zapłac* płat* 支付 付款 付钱 払 決済 支払",
    "online": "online en_ligne en_línea internetten çevrimiçi przez_internet via_internet on_the_site on_the_page "
    "on_the_website on_the_app in_the_app in_app per_app auf_der_seite über_die_seite dort_direkt sur_le_site "
    "sur_la_page dans_l'app en_la_web en_la_página en_la_app na_página no_site pela_página sul_sito sulla_pagina "
    "dalla_pagina nell'app op_de_site op_de_pagina via_de_site in_de_app sayfadan sayfada siteden uygulamadan "
    "na_stronie w_aplikacji przez_stronę 网上 在线 线上 在网站 在页面 オンライン ネットで サイトで ページで "
    "ページから サイトから "
    "アプリで",
    "phone": "móvil celular telemóvel cellulare on_their_phone* with_their_phone* on_your_phone* their_phones "
    "am_handy mit_dem_handy aufs_handy "
    "auf_dem_handy smartphone* sur_leur_téléphone sur_son_téléphone con_el_móvil en_el_móvil en_su_móvil "
    "con_el_celular no_telemóvel no_celular pelo_celular sul_telefono col_telefono dal_telefono telefonino "
    "sul_cellulare met_de_telefoon op_hun_telefoon op_je_telefoon telefonund* telefonuyla cep_telefonu* "
    "na_telefonie telefonem smartfon* 手机 スマホ",
    "see": "see sees seeing sehen sieht einsehen voir voient verse ver ven vê vede vedono vedere ziet zien gör* "
    "görsün widzi* zobacz* 看到 看见 见る 見られ 見える 分かる わかる",
    "sound": "ring rings klingel* wecker suena suene sonne toque tocar suona suoni çalsın çalar dzwoni dzwonek 响 "
    "闹钟 aloud out_loud sound sounds plays_a plays_the vorgelesen vorlesen liest_vor liest_den spielt_ab abspiel* "
    "à_haute_voix à_voix_haute lit_le joue_un en_voz_alta reproduce* suena em_voz_alta toca_o ad_alta_voce riproduc* "
    "hardop leest_voor speelt_af sesli_oku* sesli çal* na_głos odtwarz* 朗读 播放 读出 読み上げ 再生 鳴る",
    "vote": "vote votes voting poll stimm* abstimm* voter votent vot* vota* votar* stemmen stemt oy oylama* "
    "głos* zagłos* 投票 评分 打分 投票",
    "rank": "newest_on_top newest_first the_newest_is latest_first most_recent_first neueste_oben neuesten_oben "
    "neueste_zuerst más_reciente_arriba plus_récents_en più_recente_in nieuwste_bovenaan en_yeni_üst* "
    "najnowsze_na_górze 最新的在 新しい順 score scores points ranking leaderboard medal winner punkte punktestand "
    "rangliste medaille sieger score "
    "points classement vainqueur puntos puntuación clasificación ganador pontos pontuação classificação vencedor "
    "punti punteggio classifica vincitore punten ranglijst winnaar puan* sıralama* kazanan* punkt* ranking* "
    "zwycięzc* 得分 分数 排名 积分 得点 点数 順位 ランキング",
    "moves": "moves_up move_up moves_down moves_on rückt_nach rücken_nach rückt_auf rutscht remonte descend_de "
    "sube_un* "
    "avanza* baja_* sobe desce sale_di scende_di schuift zakt opschuiv* yukarı_kay* sıra_kay* kayar przesuwa* "
    "spada awansuj* 顺延 递补 上移 往前 补上 繰り上 繰り下 詰め",
    "next": "next_in_line the_next_person the_next_one next_on_the_list waiting_list wait-list waitlist warteliste "
    "nachrück* an_der_reihe liste_d'attente le_suivant la_suivante lista_de_espera el_siguiente o_próximo o_seguinte "
    "lista_d'attesa il_prossimo il_successivo wachtlijst aan_de_beurt de_volgende sıradaki bekleme_listesi "
    "lista_oczekuj* następna_osoba kolejna_osoba 候补 下一位 下一个人 排队 次の人 キャンセル待ち",
    "expire": "fade fades expire* lapse* runs_out verfäll* abläuft erlischt gelöscht löscht verschwind* expir* "
    "périm* supprim* "
    "disparaî* caduca* borra* elimina* desaparec* apaga* scad* cancella* sparisc* vervall* vervalt verwijder* "
    "verdwijn* silin* dolunca sona_er* kaybol* wygas* usuwa* znika* 过期 失效 删除 作废 失効 期限切れ 削除 消え 取り消",
    "when": "when once as_soon_as if whenever wenn sobald falls quand dès_qu* lorsqu* cuando en_cuanto quando "
    "assim_que "
    "appena als zodra wanneer gdy kiedy jeśli jeżeli eğer olunca 当 如果 一旦 就 と たら とき 場合",
    "green": "green grün verde verte vert groen yeşil zielon* 绿 緑",
    "red": "red rot rouge rojo roja vermelh* rosso rossa rood kırmızı czerwon* 红 赤",
    "grey": "grey gray yellow grau gelb gris cinzent* amarelo grigio grijs gri szar* 灰",
    "after": "after nach après después depois dopo dniach sonra po 之后 以后 后 以降 経つ すぎる 過ぎ",
    "answer": "answers replies antwortet répond responde risponde antwoordt cevap* odpowiada 回答 答え",
    "nobody": "nobody no_one niemand keiner personne_ne nadie ninguém nessuno niemand nikt kimse* 谁都不 誰も",
    "wish": "should want wants need would_like wish need_to needs_to has_to shall soll* möcht* will_ich wünsch* "
    "doit doivent "
    "devrait* voudr* veux faut quiero queremos quisiera* debe* tiene_que quero gostar* deve* precisa* vorrei* voglio "
    "vogliamo dovrebb* deve bisogna moet* zou* wil* graag istiyor* olsun gerek* lazım chc* powin* ma_się musi 想要 "
    "希望 "
    "应该 需要 最好 ほしい 欲しい たいです ようにし べき",
    "overlap": "overlap* clash* collid* conflict* double-book* double_book* touches_another überschneid* überlapp* "
    "kollidier* doppelbuch* doppelt chevauch* conflit* doublon* solap* coincid* chocan sobrepo* sobrepõ* coincid* "
    "conflito* sovrappo* accavall* conflitt* overlap* botsen botst dubbel* çakış* üst_üste nakłada* pokrywa* kolid* "
    "kolizj* 重叠 冲突 撞车 重な 重複 ダブルブッキング 二重",
    "same": "same gleiche* selbe* derselbe* dieselbe* denselben demselben même* mism* mesm* stess* zelfde dezelfde "
    "hetzelfde aynı tym_samym tej_samej tego_samego ten_sam ta_sama te_same tę_samą 同一 相同 同样 同じ",
    "second": "another other two twice second already zwei zweimal schon bereits zweite* deux déjà autre* deuxième dos "
    "ya otr* dois duas já outr* due già altr* twee ander* tweede iki zaten başka dwa dwie dwóch już inny inna inne "
    "drugi druga drugie 两 "
    "已经 另 两次 二つ 既に すでに 他の 二人 二回",
    "already": "already bereits schon déjà ya já già reeds zaten już 已经 已被 既に すでに",
    "taken": "taken booked lent borrowed exists occupied rented reserved vergeben gebucht verliehen ausgeliehen belegt "
    "réservé* emprunté* pris prestado* reservad* ocupad* emprestad* prestat* prenotat* occupat* uitgeleend geboekt "
    "bezet ödünç dolu rezerve wypożycz* zajęt* zarezerw* 借出 预订 占用 预约了 貸出 予約済 使われ",
    "least": "least min minimum mindestens minimum moins mínimo menos almeno minimo minstens minimaal az najmniej "
    "minimum 至少 最少 最低 少なくとも 以上",
    "most": "most max maximum höchstens maximal plus maximum máximo más_de más mais massimo più hoogstens maximaal "
    "meer_dan fazla çok maksymalnie najwyżej więcej 最多 不超过 不能超过 至多 まで 上限 以内 最大",
    "between": "between apart zwischen entre tra fra tussen arasında aras* między odstęp* przerw* abstand pause écart "
    "之间 间隔 相隔 間隔 空け あいだ の間",
    "before": "before beforehand in_advance ahead vorher davor avant antes antelación antecedência prima anticipo "
    "vooraf tevoren önce* przed wcześniej 之前 提前 以前 前まで 前に 前日",
    "only": "only no not never nur kein* nicht nie seulement pas aucun* jamais sólo solo no nunca só não apenas "
    "non mai "
    "soltanto alleen geen niet nooit sadece yok* değil yalnızca tylko nie bez 只 不 不能 のみ だけ ない",
    "total": "total totals sum average balance summe gesamt* durchschnitt* saldo kontostand somme moyenne solde "
    "totaux total* suma promedio soma somma totale totaal gemiddeld* toplam* ortalama* bakiye* "
    "łączn* średni* suma saldo 总数 总额 总计 合计 平均 余额 合計 平均 残高 総",
    "penalty": "owe owes overdue überfällig* retraso ritardo gecikme* spóźni* 逾期 延滞 a_strike strikes banned "
    "late_fee fines penalty sperre gesperrt strafe mahnung mahngebühr pénalité* "
    "amende* bloqué* sanción* multa* bloquead* penalização sanzion* bloccat* boete* geblokkeerd* ceza* engellen* "
    "zablokow* grzywn* 罚款 封禁 违约 扣分 罰 ペナルティ 利用停止",
    "times": "three_times twice_in in_a_row strikes dreimal drei_mal zweimal trois_fois deux_fois tres_veces dos_veces "
    "três_vezes duas_vezes tre_volte due_volte drie_keer twee_keer üç_kez üç_kere üç_defa iki_kez trzy_razy dwa_razy "
    "三次 两次 三回 3回 二回",
}
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_WE = re.compile(r"\w(?:[aei]mos|iamo|[aeiy]my|[ıiuü]yoruz|[ıiuü]r[ıiuü]z)\b", re.IGNORECASE)


def _tables() -> tuple[dict[str, set[str]], dict[str, set[str]], dict[str, list[tuple[str, str]]], dict[str, set[str]]]:
    whole: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    phrases: dict[str, list[tuple[str, str]]] = {}
    unspaced: dict[str, set[str]] = {}
    for notion, words in _TABLE.items():
        for word in words.split():
            if _UNSPACED.search(word):
                unspaced.setdefault(word, set()).add(notion)
            elif "_" in word:
                phrase = word.replace("_", " ")
                phrase = phrase[:-1] if phrase.endswith("*") else phrase + " "
                phrases.setdefault(phrase.split(" ", 1)[0], []).append((" " + phrase, notion))
            elif word.endswith("*"):
                stems.setdefault(word[:-1], set()).add(notion)
            else:
                whole.setdefault(word, set()).add(notion)
    return whole, stems, phrases, unspaced


_WHOLE, _STEMS, _PHRASES, _UNSPACED_WORDS = _tables()
_SHORTEST, _LONGEST = min(map(len, _STEMS)), max(map(len, _STEMS))


def notions_of(text: str) -> frozenset[str]:
    """Return the notions that the words of a sentence stand for."""
    low = text.casefold().replace("’", "'")
    words = _WORD.findall(low)
    found: set[str] = set()
    joined = f" {' '.join(words)} "
    for word in words:
        found |= _WHOLE.get(word, set())
        for length in range(_SHORTEST, min(len(word), _LONGEST) + 1):
            if (named := _STEMS.get(word[:length])) is not None:
                found |= named
        for phrase, notion in _PHRASES.get(word, ()):
            if phrase in joined:
                found.add(notion)
    if _UNSPACED.search(low):
        for word, named in _UNSPACED_WORDS.items():
            if word in low:
                found |= named
    if _WE.search(low):
        found.add("we")
    return frozenset(found)
