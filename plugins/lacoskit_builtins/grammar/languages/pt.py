"""Portuguese, as written in Brazil: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar.languages._romance import Iberian
from lacoskit_builtins.grammar.lexicon import table
from lacoskit_builtins.grammar.realise import Saying, Words

_NOUNS = """
person: f pessoa; man: m homem homens / m senhor senhores; woman: f mulher mulheres / f senhora; child: f criança
boy: m menino / m garoto; girl: f menina / f garota; baby: m bebê; mother: f mãe mães / f mamãe
father: m pai / m papai; grandmother: f avó / f vovó; grandfather: m avô / m vovô; teacher: m professor professores
doctor: m médico / m doutor doutores; nurse: f enfermeira; student: m estudante / m aluno
farmer: m agricultor agricultores / m fazendeiro; soldier: m soldado; police: m policial policiais
firefighter: m bombeiro; worker: m trabalhador trabalhadores / m operário
cook: m cozinheiro / m chefe_de_cozinha chefes_de_cozinha; waiter: m garçom garçons; tourist: m turista
musician: m músico; singer: m cantor cantores; dancer: m dançarino / m bailarino; painter: m pintor pintores
athlete: m atleta / m esportista; footballer: m jogador_de_futebol jogadores_de_futebol; cyclist: m ciclista
fisherman: m pescador pescadores; driver: m motorista / m condutor condutores; actor: m ator atores
journalist: m jornalista / m repórter repórteres; scientist: m cientista / m pesquisador pesquisadores
photographer: m fotógrafo; animal: m animal animais; dog: m cachorro / m cão cães
puppy: m filhote_de_cachorro filhotes_de_cachorro; cat: m gato; kitten: m gatinho; horse: m cavalo; cow: f vaca
sheep: f ovelha; goat: f cabra; monkey: m macaco; elephant: m elefante; lion: m leão leões; tiger: m tigre
bear: m urso; rabbit: m coelho; panda: m panda; camel: m camelo; bird: m pássaro / f ave; duck: m pato
chicken: f galinha; company: f empresa / f companhia; bank: m banco; airline: f companhia_aérea
newspaper_co: f editora; government: m governo; ministry: m ministério; court: m tribunal tribunais
party: m partido_governista; opposition: f oposição; union: m sindicato; university: f universidade
team: f seleção_nacional; president: m presidente; minister: m ministro; mayor: m prefeito; parliament: m parlamento
hospital_co: m hospital hospitais; army: m exército; instrument: m instrumento_musical instrumentos_musicais
guitar: m violão violões; piano: m piano; violin: m violino; flute: f flauta; drum: m tambor tambores
food: f comida; drink: f bebida; fruit: f fruta; apple: f maçã; banana: f banana; orange: f laranja
vegetable: m legume; tomato: m tomate; potato: f batata; onion: f cebola; carrot: f cenoura; bread: m pão
rice: m arroz; meat: f carne; fish_food: m peixe; soup: f sopa; cake: m bolo; egg: m ovo; water: f água
milk: m leite; coffee: m café; tea: m chá; juice: m suco; vehicle: m veículo; car: m carro / m automóvel automóveis
truck: m caminhão caminhões; bus: m ônibus ônibus; bicycle: f bicicleta; motorcycle: f motocicleta / f moto
boat: m barco; plane: m avião aviões; train: m trem trens; tractor: m trator tratores; book: m livro
newspaper: m jornal jornais; letter: f carta; magazine: f revista; hat: m chapéu; shirt: f camisa; jacket: f jaqueta
coat: m casaco; dress: m vestido; door: f porta; window: f janela; box: f caixa; bag: f bolsa; basket: f cesta
chair: f cadeira; table: f mesa; bed: f cama; sofa: m sofá; phone: m telefone; computer: m computador computadores
camera: f câmera; umbrella: m guarda-chuva; ball: f bola; rope: f corda; ladder: f escada; wall: m muro
fence: f cerca; house: f casa; bridge: f ponte; tree: f árvore; flower: f flor flores; picture: m quadro
plate: m prato; cup: f xícara; toy: m brinquedo; lamp: f lâmpada / f luminária; clock: m relógio; stone: f pedra
disaster: m desastre; earthquake: m terremoto / m tremor_de_terra; flood: f inundação / f enchente
storm: f tempestade; fire: m incêndio; accident: m acidente; explosion: f explosão
plane_crash: m acidente_aéreo / m acidente_de_avião; train_accident: m acidente_de_trem; attack_event: m ataque
landslide: m deslizamento_de_terra
"""
_VERBS = """
run: correndo; walk: caminhando / andando; jump: pulando / saltando; crawl: engatinhando; fly: voando
move: se_movendo / se_movimentando; swim: nadando; surf: surfando; ski: esquiando; skate: patinando
sport: praticando + esporte / fazendo + esporte; football: jogando + futebol; basketball: jogando + basquete
tennis: jogando + tênis; chess: jogando + xadrez; cards: jogando + cartas / jogando + baralho; sleep: dormindo
rest: descansando / repousando; sit: =sentado; stand: =de_pé =de_pé =de_pé =de_pé; dance: dançando
sing: cantando / cantando + uma canção; music: fazendo + música; cry: chorando; laugh: rindo / dando + risada
smile: sorrindo; talk: conversando / falando; shout: gritando; whisper: sussurrando / cochichando; work: trabalhando
study: estudando; shop: fazendo + compras; fish: pescando; wait: esperando; yawn: bocejando; play: brincando
eat: comendo; drink: bebendo / tomando; play_on: tocando; play_on.guitar: tocando + violão
play_on.piano: tocando + piano; play_on.violin: tocando + violino; play_on.flute: tocando + flauta
play_on.drum: tocando + tambor; cut: cortando; cook: cozinhando / preparando; peel: descascando; wash: lavando
clean: limpando; ride: montando; ride.bicycle: andando + de bicicleta / pedalando + de bicicleta
ride.motorcycle: andando + de moto; ride.horse: andando + a cavalo / montando + a cavalo
ride.camel: andando + de camelo; ride.elephant: andando + de elefante; drive: dirigindo; read: lendo lido
write: escrevendo escrito; paint: pintando; draw: desenhando; carry: carregando / levando; open: abrindo aberto
close: fechando; buy: comprando; sell: vendendo; throw: jogando / arremessando; catch: pegando / agarrando
repair: consertando / reparando; break: quebrando; climb: escalando; push: empurrando; pull: puxando
build: construindo construído; hold: segurando; use: usando / utilizando; plant: plantando; wear: vestindo
touch: tocando; chase: perseguindo; follow: seguindo; help: ajudando; hug: abraçando; kiss: beijando
photograph: fotografando; feed: alimentando; greet: cumprimentando / saudando; call_out: chamando; attack: atacando
watch: observando / olhando olhado; bathe: banhando / lavando; touch_one: tocando; look_for: procurando / buscando
push_one: empurrando; congratulate: parabenizando / felicitando
"""
_QUALITIES = """
young: jovem jovem jovens jovens; old: idoso; happy: feliz feliz felizes felizes; sad: triste; tall: alto
short: baixo; big: grande; small: pequeno; red: vermelho; blue: azul azul azuis azuis; green: verde; yellow: amarelo
black: preto; white: branco; new: novo; worn: velho; opened: aberto; closed: fechado; full: cheio; empty: vazio
clean_q: limpo; dirty: sujo; dear: caro; cheap: barato; wet: molhado; dry: seco; hot: quente; cold: frio
heavy: pesado; light: leve; tired: cansado; strong: forte
"""
_PLACES = """
outdoors: ao_ar_livre; park: no_parque; beach: na_praia; street: na_rua; garden: no_jardim; forest: na_floresta
river: à_beira_do_rio; lake: à_beira_do_lago; mountain: na_montanha; snow: na_neve; field: no_campo
farm: numa_fazenda; village: na_aldeia / no_vilarejo; stadium: no_estádio; market: no_mercado
bridge_place: na_ponte; desert: no_deserto; playground: no_parquinho; indoors: dentro_de_um_prédio
kitchen: na_cozinha; school: na_escola; station: na_estação; hospital: no_hospital; restaurant: num_restaurante
office: no_escritório; bedroom: no_quarto; library: na_biblioteca; airport: no_aeroporto; factory: numa_fábrica
shop_place: numa_loja; museum: no_museu; gym: no_ginásio; living_room: na_sala_de_estar / na_sala; stage: no_palco
city: na_cidade; north: no_norte; south: no_sul; river_in: no_rio; pool: na_piscina; sea: no_mar; china: na_China
france: na_França; spain: na_Espanha; brazil: no_Brasil; india: na_Índia; japan: no_Japão; germany: na_Alemanha
italy: na_Itália; mexico: no_México; egypt: no_Egito; kenya: no_Quênia; vietnam: no_Vietnã; indonesia: na_Indonésia
russia: na_Rússia; turkey: na_Turquia; canada: no_Canadá; portugal: em_Portugal; argentina: na_Argentina
australia: na_Austrália
"""
_TIMES = """
morning: de_manhã / pela_manhã; afternoon: à_tarde / de_tarde; evening: ao_anoitecer; night: à_noite / de_noite
summer: no_verão; winter: no_inverno; spring: na_primavera; autumn: no_outono; sunday: no_domingo
saturday: no_sábado; weekday: num_dia_útil; rain_time: na_chuva / debaixo_de_chuva; sun_time: ao_sol / sob_o_sol
n_monday: na_segunda-feira; n_tuesday: na_terça-feira; n_wednesday: na_quarta-feira; n_thursday: na_quinta-feira
n_friday: na_sexta-feira; last_week: na_semana_passada; last_month: no_mês_passado; last_year: no_ano_passado
yesterday: ontem; january: em_janeiro; march: em_março; july: em_julho; october: em_outubro
"""
_MANNERS = """
alone: =sozinho; with_friends: com_amigos; with_family: com_a_família / em_família; quickly: rapidamente / depressa
slowly: lentamente / devagar; quietly: em_silêncio; loudly: ruidosamente; carefully: com_cuidado / cuidadosamente
"""
_RELATIONS = """
on: em_cima_de / sobre; under: embaixo_de / debaixo_de; behind: atrás_de; before: em_frente_a / na_frente_de
beside: ao_lado_de / perto_de
"""
_QUANTITIES = """
oil_price: ms o_preço_do_petróleo; gold_price: ms o_preço_do_ouro; food_prices: mp os_preços_dos_alimentos
house_prices: mp os_preços_dos_imóveis; exports: fp as_exportações; imports: fp as_importações
unemployment: ms o_desemprego; inflation: fs a_inflação; sales: fp as_vendas_de_carros
profits: mp os_lucros_das_empresas; shares: fp as_ações_dos_bancos; rents: mp os_aluguéis; wages: mp os_salários
taxes: mp os_impostos; production: fs a_produção_industrial; debt: fs a_dívida_pública; population: fs a_população
temperature: fs a_temperatura_média; tourism: ms o_número_de_turistas; euro: ms o_euro; dollar: ms o_dólar
traffic: ms o_tráfego
"""
_CHANGES = """
rise: subiu subiram uma_alta / aumentou aumentaram um_aumento / cresceu cresceram um_crescimento
fall: caiu caíram uma_queda / diminuiu diminuíram uma_diminuição
stable: ficou_estável ficaram_estáveis / se_manteve_estável se_mantiveram_estáveis
change: mudou mudaram uma_mudança / variou variaram uma_variação
"""
_OUTCOMES = """
killed: morto_em matou; injured: ferido_em feriu; rescued: resgatado_depois_de / salvo_depois_de
evacuated: evacuado_depois_de / retirado_depois_de
"""
_DEEDS = """
sign_deal: assinou + um acordo comercial / fechou + um acordo comercial; refuse_deal: recusou + um acordo comercial
open_factory: abriu + uma fábrica / inaugurou + uma fábrica; close_factory: fechou + uma fábrica
raise_prices: aumentou + os preços / subiu + os preços; cut_prices: baixou + os preços / reduziu + os preços
accept_plan: aceitou + o plano; reject_plan: rejeitou + o plano
win_election: ganhou + a votação / venceu + a votação; lose_election: perdeu + a votação
win_prize: ganhou + um prêmio importante / conquistou + um prêmio importante
lose_prize: perdeu + um prêmio importante; buy_land: comprou + terras / adquiriu + terras
sell_land: vendeu + terras; start_strike: convocou + uma greve
end_strike: encerrou + uma greve / pôs fim + a uma greve
publish_report: publicou + um relatório / divulgou + um relatório
hide_report: escondeu + um relatório / ocultou + um relatório
cut_jobs: cortou + mil empregos / eliminou + mil postos de trabalho
create_jobs: criou + mil empregos / gerou + mil empregos
start_talks: iniciou + negociações de paz / começou + negociações de paz; end_talks: rompeu + as negociações de paz
build_school: construiu + uma escola; close_school: fechou + uma escola
approve_law: aprovou + a nova lei / apoiou + a nova lei; block_law: bloqueou + a nova lei / barrou + a nova lei
send_aid: enviou + ajuda alimentar / mandou + ajuda alimentar
stop_aid: suspendeu + a ajuda alimentar / interrompeu + a ajuda alimentar
"""
_DEALINGS = """
criticise: criticou criticado; support: apoiou apoiado / respaldou respaldado
sue: processou processado / acionou_na_justiça acionado_na_justiça; praise: elogiou elogiado
warn: alertou alertado / advertiu advertido; deceive: enganou enganado
"""
_COUNTRIES = """
china: a_China; france: a_França; spain: a_Espanha; brazil: o_Brasil; india: a_Índia; japan: o_Japão
germany: a_Alemanha; italy: a_Itália; mexico: o_México; egypt: o_Egito; kenya: o_Quênia; vietnam: o_Vietnã
indonesia: a_Indonésia; russia: a_Rússia; turkey: a_Turquia; canada: o_Canadá; portugal: Portugal
argentina: a_Argentina; australia: a_Austrália
"""
_WEATHER = """
raining: está_chovendo não_está_chovendo / chove não_chove; snowing: está_nevando não_está_nevando / neva não_neva
sunny: faz_sol não_faz_sol / o_sol_está_brilhando o_sol_não_está_brilhando
windy: está_ventando não_está_ventando / venta_forte não_venta_forte
cloudy: está_nublado não_está_nublado / o_céu_está_encoberto o_céu_não_está_encoberto
hot_day: faz_muito_calor não_faz_muito_calor / está_muito_quente não_está_muito_quente
cold_day: faz_muito_frio não_faz_muito_frio / está_muito_frio não_está_muito_frio
stormy: há_uma_tempestade_com_raios não_há_tempestade_com_raios
"""


class Portuguese(Iberian):
    """Portuguese."""

    code = "pt"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    numbers = ("", "", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez")
    one: ClassVar[dict[str, str]] = {"m": "um", "f": "uma"}
    some: ClassVar[dict[str, str]] = {"m": "alguns", "f": "algumas"}
    definite: ClassVar[dict[str, tuple[str, str]]] = {"m": ("o", "os"), "f": ("a", "as")}
    contractions = (
        (" de o ", " do "), (" de a ", " da "), (" de os ", " dos "), (" de as ", " das "), (" por o ", " pelo "),
        (" por a ", " pela "), (" a o ", " ao "), (" a a ", " à "), (" em um ", " num "), (" em uma ", " numa "),
    )  # fmt: skip
    percent = "por cento"
    lasting = "é"
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} {be} {V} {O} {M} {P} {T}
            {S} {be} {V} {O} {M} {P} {T}
            {P!}, {S} {be} {V} {O} {M} {T}
            {T!}, {S} {be} {V} {O} {M} {P}
            Há {S} {V} {O} {M} {P} {T}
            {P!} há {S} {V} {O} {M} {T}
            A foto mostra {S} {V} {O} {M} {P} {T}
            {O!} {be.object} sendo {Vpass} por {S} {M} {P} {T}""",
        "act not": """
            {S} não {be} {V} {O} {M} {P} {T}
            {P!}, {S} não {be} {V} {O} {M} {T}
            Há {S} que não {be} {V} {O} {M} {P} {T}
            A foto mostra {S} que não {be} {V} {O} {M} {P} {T}""",
        "duo": """
            {S} {be} {V} {O} {P} {T}
            {O} {be.object} sendo {Vpass} por {S} {P} {T}
            Há {S} {V} {O} {P} {T}
            {P!}, {S} {be} {V} {O} {T}
            A foto mostra {O} sendo {Vpass} por {S} {P} {T}""",
        "duo not": """
            {S} não {be} {V} {O} {P} {T}
            {O} não {be.object} sendo {Vpass} por {S} {P} {T}""",
        "state": """
            {S.the} {cop} {A}
            Na foto, {S.the} {cop} {A}
            Dá para ver que {S.the} {cop} {A}
            ?plain Aqui há {I}""",
        "state not": """
            {S.the} não {cop} {A}
            Na foto, {S.the} não {cop} {A}
            Dá para ver que {S.the} não {cop} {A}""",
        "locate": """
            {S} {be} {P}
            Há {S} {P}
            {P} há {S}
            A foto mostra {S} {P}""",
        "locate not": """
            {S} não {be} {P}
            Dá para ver que {S} não {be} {P}""",
        "change": """
            {Q} {past} {by} {P} {T}
            {P!}, {Q} {past} {by} {T}
            {T!}, {Q} {past} {by} {P}
            Segundo os últimos dados, {Q} {past} {by} {P} {T}
            ?three Foi registrado {F.2} de {N!} por cento de {Q} {P} {T}""",
        "change not": """
            {Q} não {past} {by} {P} {T}
            {T!}, {Q} não {past} {by} {P}
            Segundo os últimos dados, {Q} não {past} {by} {P} {T}""",
        "toll": """
            {S} foram {agree.0} {O} {P} {T}
            {T!}, {S} foram {agree.0} {O} {P}
            {P!}, {S} foram {agree.0} {O} {T}
            ?two {O} {F.1} {S} {P} {T}
            As autoridades afirmam que {S} foram {agree.0} {O} {P} {T}""",
        "toll not": """
            Ninguém foi {F.0} {O} {P} {T}
            {T!}, ninguém foi {F.0} {O} {P}
            As autoridades afirmam que ninguém foi {F.0} {O} {P} {T}""",
        "deed": """
            {S.the} {F.0} {tail} {P} {T}
            {T!}, {S.the} {F.0} {tail} {P}
            {P!}, {S.the} {F.0} {tail} {T}
            Segundo a imprensa, {S.the} {F.0} {tail} {P} {T}""",
        "deed not": """
            {S.the} não {F.0} {tail} {P} {T}
            {T!}, {S.the} não {F.0} {tail} {P}
            Segundo a imprensa, {S.the} não {F.0} {tail} {P} {T}""",
        "dealing": """
            {S.the} {F.0} {O.the} {T}
            {T!}, {S.the} {F.0} {O.the}
            {O.the} foi {agreeO.1} por {S.the} {T}
            {T!}, {O.the} foi {agreeO.1} por {S.the}""",
        "dealing not": """
            {S.the} não {F.0} {O.the} {T}
            {O.the} não foi {agreeO.1} por {S.the} {T}""",
        "match": """
            {W} venceu {L} {T}
            {W} derrotou {L} {T}
            {W} ganhou o jogo contra {L} {T}
            {L} perdeu para {W} {T}
            {L} perdeu o jogo contra {W} {T}
            {T!}, {L} perdeu para {W}""",
        "weather": """
            {F.0} {P} {T}
            {P!}, {F.0} {T}
            {T!}, {F.0} {P}""",
        "weather not": """
            {F.1} {P} {T}
            {P!}, {F.1} {T}""",
    }

    def number(self, count: int, gender: str) -> str:
        """A numeral that agrees with its noun."""
        return "duas" if count == 2 and gender == "f" else super().number(count, gender)

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"{saying.scene.amount} {self.percent}" if saying.scene.amount else ""
