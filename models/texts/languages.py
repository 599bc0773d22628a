"""Short texts in further languages: whole phrases that fit together whatever is chosen."""
from __future__ import annotations

import random

# Language: places, subjects with verbs, objects, endings, and a second sentence with a number in it.
PHRASES: dict[str, list[list[str]]] = {
    "German": [["Am frühen Morgen", "Nach dem langen Winter", "In der alten Fabrik", "Hinter dem Bahnhof", "Trotz des Regens", "Seit der letzten Reform", "Auf dem Markt", "Während der Pause"],
               ["öffnet die Bäckerin", "sucht der Mechaniker", "beschreibt die Forscherin", "verkauft der Gärtner", "prüft die Ärztin", "zeichnet das Kind", "findet der Lehrer", "sammelt die Nachbarin"],
               ["ein schweres Fenster", "die verlorenen Briefe", "einen kleinen Motor", "das neue Verfahren", "die reifen Äpfel", "eine genaue Karte", "den alten Schlüssel", "die fehlenden Zahlen"],
               ["ohne lange zu zögern", "mit großer Sorgfalt", "für die Ausstellung im Herbst", "bevor es dunkel wird", "wie in jedem Jahr", "gegen den Rat der anderen"],
               ["Das kostete {n} Euro.", "Es dauerte {n} Minuten.", "Von {n} Versuchen gelang nur einer.", "Bis zum Ziel waren es noch {n} Kilometer.", "Danach kamen {n} Besucher mehr als zuvor."]],
    "French": [["Dès le matin", "Après un long hiver", "Dans la vieille usine", "Derrière la gare", "Malgré la pluie", "Depuis la réforme", "Au marché", "Pendant la pause"],
               ["la boulangère ouvre", "le mécanicien cherche", "la chercheuse décrit", "le jardinier vend", "la médecin examine", "l'enfant dessine", "le professeur trouve", "la voisine rassemble"],
               ["une lourde fenêtre", "les lettres perdues", "un petit moteur", "la nouvelle méthode", "les pommes mûres", "une carte précise", "la vieille clé", "les chiffres manquants"],
               ["sans hésiter longtemps", "avec beaucoup de soin", "pour l'exposition d'automne", "avant la tombée de la nuit", "comme chaque année", "contre l'avis des autres"],
               ["Cela a coûté {n} euros.", "Il a fallu {n} minutes.", "Sur {n} essais, un seul a réussi.", "Il restait encore {n} kilomètres.", "Ensuite, {n} visiteurs de plus sont venus."]],
    "Spanish": [["Por la mañana temprano", "Después de un largo invierno", "En la vieja fábrica", "Detrás de la estación", "A pesar de la lluvia", "Desde la reforma", "En el mercado", "Durante el descanso"],
                ["la panadera abre", "el mecánico busca", "la investigadora describe", "el jardinero vende", "la doctora examina", "la niña dibuja", "el maestro encuentra", "la vecina reúne"],
                ["una ventana pesada", "las cartas perdidas", "un motor pequeño", "el método nuevo", "las manzanas maduras", "un mapa exacto", "la llave antigua", "las cifras que faltan"],
                ["sin dudar mucho", "con mucho cuidado", "para la exposición de otoño", "antes de que anochezca", "como todos los años", "contra el consejo de los demás"],
                ["Costó {n} euros.", "Tardó {n} minutos.", "De {n} intentos, solo uno salió bien.", "Faltaban todavía {n} kilómetros.", "Después llegaron {n} visitantes más."]],
    "Italian": [["La mattina presto", "Dopo un lungo inverno", "Nella vecchia fabbrica", "Dietro la stazione", "Nonostante la pioggia", "Dopo la riforma", "Al mercato", "Durante la pausa"],
                ["la fornaia apre", "il meccanico cerca", "la ricercatrice descrive", "il giardiniere vende", "la dottoressa esamina", "il bambino disegna", "il maestro trova", "la vicina raccoglie"],
                ["una finestra pesante", "le lettere perdute", "un piccolo motore", "il nuovo metodo", "le mele mature", "una mappa precisa", "la vecchia chiave", "le cifre mancanti"],
                ["senza esitare a lungo", "con grande cura", "per la mostra d'autunno", "prima che faccia buio", "come ogni anno", "contro il parere degli altri"],
                ["È costato {n} euro.", "Ci sono voluti {n} minuti.", "Su {n} tentativi ne è riuscito uno solo.", "Mancavano ancora {n} chilometri.", "Poi sono venuti {n} visitatori in più."]],
    "Portuguese": [["De manhã cedo", "Depois de um longo inverno", "Na velha fábrica", "Atrás da estação", "Apesar da chuva", "Desde a reforma", "No mercado", "Durante a pausa"],
                   ["a padeira abre", "o mecânico procura", "a pesquisadora descreve", "o jardineiro vende", "a médica examina", "a criança desenha", "o professor encontra", "a vizinha reúne"],
                   ["uma janela pesada", "as cartas perdidas", "um motor pequeno", "o novo método", "as maçãs maduras", "um mapa exato", "a chave antiga", "os números que faltam"],
                   ["sem hesitar muito", "com muito cuidado", "para a exposição de outono", "antes de anoitecer", "como todos os anos", "contra o conselho dos outros"],
                   ["Custou {n} euros.", "Levou {n} minutos.", "De {n} tentativas, só uma deu certo.", "Ainda faltavam {n} quilômetros.", "Depois vieram mais {n} visitantes."]],
    "Russian": [["Рано утром", "После долгой зимы", "На старой фабрике", "За вокзалом", "Несмотря на дождь", "После реформы", "На рынке", "Во время перерыва"],
                ["мастер ищет", "учитель находит", "соседка собирает", "врач проверяет", "садовник продаёт", "ребёнок рисует", "инженер описывает"],
                ["тяжёлое окно", "потерянные письма", "маленький мотор", "новый метод", "спелые яблоки", "точную карту", "старый ключ"],
                ["не долго думая", "очень внимательно", "для осенней выставки", "до наступления темноты", "как каждый год"],
                ["Это стоило {n} рублей.", "На это ушло минут {n}.", "Осталось ещё километров {n}.", "Потом пришло ещё человек {n}."]],
    "Chinese": [["清晨，", "漫长的冬天之后，", "在旧工厂里，", "在车站后面，", "虽然下着雨，", "改革以后，", "在市场上，", "休息的时候，"],
                ["面包师打开了", "工程师在找", "研究员描述了", "园丁卖掉了", "医生检查了", "孩子画了", "老师发现了", "邻居收集了"],
                ["沉重的窗户", "丢失的信", "一台小发动机", "新的方法", "成熟的苹果", "一张准确的地图", "旧钥匙", "缺少的数字"],
                ["，没有犹豫", "，十分仔细", "，为了秋天的展览", "，和每年一样"],
                ["一共花了{n}元。", "用了{n}分钟。", "离目的地还有{n}公里。", "后来又来了{n}位客人。"]],
    "Japanese": [["早朝、", "長い冬のあと、", "古い工場で、", "駅の裏で、", "雨の中、", "改革のあと、", "市場で、", "休み時間に、"],
                 ["技師は", "研究者は", "庭師は", "医者は", "子どもは", "先生は", "隣の人は"],
                 ["重い窓を", "なくした手紙を", "小さなエンジンを", "新しい方法を", "熟したりんごを", "正確な地図を", "古い鍵を"],
                 ["ていねいに調べた", "迷わず選んだ", "秋の展示のために運んだ", "暗くなる前に見つけた", "毎年のように見せた"],
                 ["費用は{n}円だった。", "時間は{n}分かかった。", "目的地まであと{n}キロだった。", "そのあと{n}人の客が来た。"]],
}


def text(rng: random.Random) -> str:
    """Sentences of one language."""
    language = rng.choice(list(PHRASES))
    where, who, what, how, then = PHRASES[language]
    gap, stop = ("", "。") if language in ("Chinese", "Japanese") else (" ", ".")
    sentences = []
    for _ in range(rng.randint(3, 6)):
        words = [rng.choice(where), rng.choice(who), rng.choice(what), rng.choice(how)]
        sentences.append(gap.join(words) + stop)
        sentences.append(rng.choice(then).format(n=rng.randint(3, 9000)))
    return (gap or "").join(sentences)


MAKERS = [text]
