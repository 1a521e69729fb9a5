"""Spanish: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar.languages._romance import Iberian
from lacoskit_builtins.grammar.lexicon import table
from lacoskit_builtins.grammar.realise import Saying, Words

_NOUNS = """
person: f persona; man: m hombre / m señor señores; woman: f mujer mujeres / f señora; child: m niño
boy: m chico / m muchacho; girl: f chica / f niña; baby: m bebé; mother: f madre / f mamá; father: m padre / m papá
grandmother: f abuela; grandfather: m abuelo; teacher: m profesor profesores / m maestro
doctor: m médico / m doctor doctores; nurse: f enfermera; student: m estudiante / m alumno
farmer: m agricultor agricultores / m granjero; soldier: m soldado; police: m policía; firefighter: m bombero
worker: m trabajador trabajadores / m obrero; cook: m cocinero / m chef chefs; waiter: m camarero / m mesero
tourist: m turista; musician: m músico; singer: m cantante; dancer: m bailarín bailarines
painter: m pintor pintores; athlete: m atleta / m deportista
footballer: m futbolista / m jugador_de_fútbol jugadores_de_fútbol; cyclist: m ciclista
fisherman: m pescador pescadores; driver: m conductor conductores; actor: m actor actores
journalist: m periodista / m reportero; scientist: m científico / m investigador investigadores
photographer: m fotógrafo; animal: m animal animales; dog: m perro; puppy: m cachorro_de_perro cachorros_de_perro
cat: m gato; kitten: m gatito; horse: m caballo; cow: f vaca; sheep: f oveja; goat: f cabra; monkey: m mono
elephant: m elefante; lion: m león leones; tiger: m tigre; bear: m oso; rabbit: m conejo; panda: m panda
camel: m camello; bird: m pájaro / f ave; duck: m pato; chicken: f gallina; company: f empresa / f compañía
bank: m banco; airline: f aerolínea; newspaper_co: f editorial editoriales; government: m gobierno
ministry: m ministerio; court: m tribunal tribunales; party: m partido_gobernante; opposition: f oposición
union: m sindicato; university: f universidad universidades; team: f selección_nacional; president: m presidente
minister: m ministro; mayor: m alcalde; parliament: m parlamento; hospital_co: m hospital hospitales
army: m ejército; instrument: m instrumento; guitar: f guitarra; piano: m piano; violin: m violín violines
flute: f flauta; drum: m tambor tambores; food: f comida; drink: f bebida; fruit: f fruta; apple: f manzana
banana: m plátano / f banana; orange: f naranja; vegetable: f verdura; tomato: m tomate; potato: f patata / f papa
onion: f cebolla; carrot: f zanahoria; bread: m pan; rice: m arroz; meat: f carne; fish_food: m pescado
soup: f sopa; cake: m pastel pasteles; egg: m huevo; water: f agua; milk: f leche; coffee: m café; tea: m té
juice: m zumo / m jugo; vehicle: m vehículo; car: m coche / m automóvil automóviles; truck: m camión camiones
bus: m autobús autobuses; bicycle: f bicicleta / f bici; motorcycle: f motocicleta / f moto; boat: m barco
plane: m avión aviones; train: m tren trenes; tractor: m tractor tractores; book: m libro; newspaper: m periódico
letter: f carta; magazine: f revista; hat: m sombrero; shirt: f camisa; jacket: f chaqueta; coat: m abrigo
dress: m vestido; door: f puerta; window: f ventana; box: f caja; bag: f bolsa; basket: f cesta / f canasta
chair: f silla; table: f mesa; bed: f cama; sofa: m sofá; phone: m teléfono
computer: m ordenador ordenadores / f computadora; camera: f cámara; umbrella: m paraguas paraguas
ball: f pelota / m balón balones; rope: f cuerda; ladder: f escalera_de_mano escaleras_de_mano; wall: m muro
fence: f valla / f cerca; house: f casa; bridge: m puente; tree: m árbol árboles; flower: f flor flores
picture: m cuadro; plate: m plato; cup: f taza; toy: m juguete; lamp: f lámpara; clock: m reloj relojes
stone: f piedra; disaster: m desastre; earthquake: m terremoto / m sismo; flood: f inundación; storm: f tormenta
fire: m incendio; accident: m accidente; explosion: f explosión; plane_crash: m accidente_aéreo
train_accident: m accidente_de_tren; attack_event: m ataque; landslide: m deslizamiento_de_tierra
"""
_VERBS = """
run: corriendo; walk: caminando / andando; jump: saltando; crawl: gateando; fly: volando; move: moviéndose
swim: nadando; surf: haciendo + surf; ski: esquiando; skate: patinando
sport: haciendo + deporte / practicando + deporte; football: jugando + al fútbol
basketball: jugando + al baloncesto; tennis: jugando + al tenis; chess: jugando + al ajedrez
cards: jugando + a las cartas; sleep: durmiendo / =dormido; rest: descansando / reposando; sit: =sentado
stand: =de_pie =de_pie =de_pie =de_pie; dance: bailando; sing: cantando / cantando + una canción
music: haciendo + música; cry: llorando; laugh: riendo / riéndose; smile: sonriendo; talk: hablando / conversando
shout: gritando; whisper: susurrando; work: trabajando; study: estudiando; shop: haciendo + compras; fish: pescando
wait: esperando; yawn: bostezando; play: jugando; eat: comiendo; drink: bebiendo / tomando; play_on: tocando
play_on.guitar: tocando + la guitarra; play_on.piano: tocando + el piano; play_on.violin: tocando + el violín
play_on.flute: tocando + la flauta; play_on.drum: tocando + el tambor; cut: cortando; cook: cocinando / preparando
peel: pelando; wash: lavando; clean: limpiando; ride: montando
ride.bicycle: montando + en bicicleta / andando + en bici
ride.motorcycle: montando + en motocicleta / andando + en moto; ride.horse: montando + a caballo
ride.camel: montando + en camello; ride.elephant: montando + en elefante; drive: conduciendo / manejando
read: leyendo; write: escribiendo escrito; paint: pintando; draw: dibujando; carry: llevando / cargando
open: abriendo abierto; close: cerrando; buy: comprando; sell: vendiendo; throw: lanzando / tirando
catch: atrapando / cogiendo; repair: reparando / arreglando; break: rompiendo roto; climb: escalando
push: empujando; pull: arrastrando; build: construyendo construido; hold: sosteniendo / sujetando
use: usando / utilizando; plant: plantando; wear: vistiendo vestido / usando; touch: tocando
chase: persiguiendo perseguido; follow: siguiendo seguido; help: ayudando; hug: abrazando; kiss: besando
photograph: fotografiando; feed: alimentando; greet: saludando; call_out: llamando; attack: atacando
watch: observando / mirando; bathe: bañando / lavando; touch_one: tocando; look_for: buscando; push_one: empujando
congratulate: felicitando
"""
_QUALITIES = """
young: joven joven jóvenes jóvenes; old: anciano; happy: feliz feliz felices felices; sad: triste; tall: alto
short: bajo; big: grande; small: pequeño; red: rojo; blue: azul azul azules azules; green: verde; yellow: amarillo
black: negro; white: blanco; new: nuevo; worn: viejo; opened: abierto; closed: cerrado; full: lleno; empty: vacío
clean_q: limpio; dirty: sucio; dear: caro; cheap: barato; wet: mojado; dry: seco; hot: caliente; cold: frío
heavy: pesado; light: ligero; tired: cansado; strong: fuerte
"""
_PLACES = """
outdoors: al_aire_libre; park: en_el_parque; beach: en_la_playa; street: en_la_calle; garden: en_el_jardín
forest: en_el_bosque; river: junto_al_río; lake: junto_al_lago; mountain: en_la_montaña; snow: en_la_nieve
field: en_el_campo; farm: en_una_granja; village: en_el_pueblo; stadium: en_el_estadio; market: en_el_mercado
bridge_place: en_el_puente; desert: en_el_desierto; playground: en_el_patio_de_juegos
indoors: en_el_interior_de_un_edificio; kitchen: en_la_cocina; school: en_la_escuela; station: en_la_estación
hospital: en_el_hospital; restaurant: en_un_restaurante; office: en_la_oficina
bedroom: en_el_dormitorio / en_la_habitación; library: en_la_biblioteca; airport: en_el_aeropuerto
factory: en_una_fábrica; shop_place: en_una_tienda; museum: en_el_museo; gym: en_el_gimnasio
living_room: en_el_salón / en_la_sala_de_estar; stage: en_el_escenario; city: en_la_ciudad; north: en_el_norte
south: en_el_sur; river_in: en_el_río; pool: en_la_piscina; sea: en_el_mar; china: en_China; france: en_Francia
spain: en_España; brazil: en_Brasil; india: en_la_India; japan: en_Japón; germany: en_Alemania; italy: en_Italia
mexico: en_México; egypt: en_Egipto; kenya: en_Kenia; vietnam: en_Vietnam; indonesia: en_Indonesia; russia: en_Rusia
turkey: en_Turquía; canada: en_Canadá; portugal: en_Portugal; argentina: en_Argentina; australia: en_Australia
"""
_TIMES = """
morning: por_la_mañana; afternoon: por_la_tarde; evening: al_anochecer; night: por_la_noche / de_noche
summer: en_verano; winter: en_invierno; spring: en_primavera; autumn: en_otoño; sunday: el_domingo
saturday: el_sábado; weekday: un_día_laborable; rain_time: bajo_la_lluvia; sun_time: bajo_el_sol / al_sol
n_monday: el_lunes; n_tuesday: el_martes; n_wednesday: el_miércoles; n_thursday: el_jueves; n_friday: el_viernes
last_week: la_semana_pasada; last_month: el_mes_pasado; last_year: el_año_pasado; yesterday: ayer; january: en_enero
march: en_marzo; july: en_julio; october: en_octubre
"""
_MANNERS = """
alone: =solo; with_friends: con_amigos; with_family: con_la_familia / en_familia; quickly: rápidamente / con_rapidez
slowly: lentamente / despacio; quietly: en_silencio; loudly: ruidosamente; carefully: con_cuidado / cuidadosamente
"""
_RELATIONS = """
on: encima_de / sobre; under: debajo_de / bajo; behind: detrás_de; before: delante_de; beside: al_lado_de / junto_a
"""
# A quantity: gender and number, its name.
_QUANTITIES = """
oil_price: ms el_precio_del_petróleo; gold_price: ms el_precio_del_oro; food_prices: mp los_precios_de_los_alimentos
house_prices: mp los_precios_de_la_vivienda; exports: fp las_exportaciones; imports: fp las_importaciones
unemployment: ms el_desempleo / ms el_paro; inflation: fs la_inflación; sales: fp las_ventas_de_coches
profits: mp los_beneficios_empresariales; shares: fp las_acciones_bancarias; rents: mp los_alquileres
wages: mp los_salarios; taxes: mp los_impuestos; production: fs la_producción_industrial; debt: fs la_deuda_pública
population: fs la_población; temperature: fs la_temperatura_media; tourism: ms el_número_de_turistas
euro: ms el_euro; dollar: ms el_dólar; traffic: ms el_tráfico
"""
# A change: past singular and plural, infinitive, noun.
_CHANGES = """
rise: subió subieron una_subida / aumentó aumentaron un_aumento
fall: bajó bajaron una_bajada / cayó cayeron una_caída / disminuyó disminuyeron una_disminución
stable: se_mantuvo_estable se_mantuvieron_estables
change: cambió cambiaron un_cambio / varió variaron una_variación
"""
_OUTCOMES = """
killed: muerto_en mató_a; injured: herido_en hirió_a; rescued: rescatado_después_de / salvado_después_de
evacuated: evacuado_después_de
"""
_DEEDS = """
sign_deal: firmó + un acuerdo comercial; refuse_deal: rechazó + un acuerdo comercial
open_factory: abrió + una fábrica / inauguró + una fábrica; close_factory: cerró + una fábrica
raise_prices: subió + los precios / aumentó + los precios; cut_prices: bajó + los precios / redujo + los precios
accept_plan: aceptó + el plan; reject_plan: rechazó + el plan; win_election: ganó + la votación
lose_election: perdió + la votación; win_prize: ganó + un premio importante / obtuvo + un premio importante
lose_prize: perdió + un premio importante; buy_land: compró + terrenos / adquirió + terrenos
sell_land: vendió + terrenos; start_strike: convocó + una huelga
end_strike: puso fin + a una huelga / terminó con + una huelga
publish_report: publicó + un informe / difundió + un informe; hide_report: ocultó + un informe
cut_jobs: eliminó + mil puestos de trabajo / suprimió + mil empleos
create_jobs: creó + mil puestos de trabajo / creó + mil empleos
start_talks: inició + negociaciones de paz / comenzó + negociaciones de paz
end_talks: rompió + las negociaciones de paz; build_school: construyó + una escuela
close_school: cerró + una escuela; approve_law: aprobó + la nueva ley / respaldó + la nueva ley
block_law: bloqueó + la nueva ley; send_aid: envió + ayuda alimentaria; stop_aid: suspendió + la ayuda alimentaria
"""
_DEALINGS = """
criticise: criticó criticado; support: apoyó apoyado / respaldó respaldado
sue: demandó demandado / denunció denunciado; praise: elogió elogiado / alabó alabado; warn: advirtió advertido
deceive: engañó engañado
"""
_COUNTRIES = """
china: China; france: Francia; spain: España; brazil: Brasil; india: India; japan: Japón; germany: Alemania
italy: Italia; mexico: México; egypt: Egipto; kenya: Kenia; vietnam: Vietnam; indonesia: Indonesia; russia: Rusia
turkey: Turquía; canada: Canadá; portugal: Portugal; argentina: Argentina; australia: Australia
"""
_WEATHER = """
raining: está_lloviendo no_está_lloviendo / llueve no_llueve; snowing: está_nevando no_está_nevando / nieva no_nieva
sunny: hace_sol no_hace_sol / brilla_el_sol no_brilla_el_sol
windy: hace_viento no_hace_viento / sopla_el_viento no_sopla_el_viento
cloudy: está_nublado no_está_nublado / el_cielo_está_cubierto el_cielo_no_está_cubierto
hot_day: hace_mucho_calor no_hace_mucho_calor; cold_day: hace_mucho_frío no_hace_mucho_frío
stormy: hay_una_tormenta_eléctrica no_hay_ninguna_tormenta_eléctrica
"""


class Spanish(Iberian):
    """Spanish."""

    code = "es"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    numbers = ("", "", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez")
    one: ClassVar[dict[str, str]] = {"m": "un", "f": "una"}
    some: ClassVar[dict[str, str]] = {"m": "algunos", "f": "algunas"}
    definite: ClassVar[dict[str, tuple[str, str]]] = {"m": ("el", "los"), "f": ("la", "las")}
    contractions = ((" de el ", " del "), (" a el ", " al "), ("la agua", "el agua"))
    percent = "por ciento"
    lasting = "es"
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} {be} {V} {O} {M} {P} {T}
            {S} {be} {V} {O} {M} {P} {T}
            {P!}, {S} {be} {V} {O} {M} {T}
            {T!}, {S} {be} {V} {O} {M} {P}
            Hay {S} {V} {O} {M} {P} {T}
            {P!} hay {S} {V} {O} {M} {T}
            En la foto se ve a {S} {V} {O} {M} {P} {T}
            {O!} {be.object} siendo {Vpass} por {S} {M} {P} {T}""",
        "act not": """
            {S} no {be} {V} {O} {M} {P} {T}
            {P!}, {S} no {be} {V} {O} {M} {T}
            Hay {S} que no {be} {V} {O} {M} {P} {T}
            En la foto se ve a {S} que no {be} {V} {O} {M} {P} {T}""",
        "duo": """
            {S} {be} {V} a {O} {P} {T}
            {O} {be.object} siendo {Vpass} por {S} {P} {T}
            Hay {S} {V} a {O} {P} {T}
            {P!}, {S} {be} {V} a {O} {T}
            En la foto se ve a {S} {V} a {O} {P} {T}""",
        "duo not": """
            {S} no {be} {V} a {O} {P} {T}
            {O} no {be.object} siendo {Vpass} por {S} {P} {T}""",
        "state": """
            {S.the} {cop} {A}
            En la foto, {S.the} {cop} {A}
            Se ve claramente que {S.the} {cop} {A}
            ?plain Aquí hay {I}""",
        "state not": """
            {S.the} no {cop} {A}
            En la foto, {S.the} no {cop} {A}
            Se ve claramente que {S.the} no {cop} {A}""",
        "locate": """
            {S} {be} {P}
            Hay {S} {P}
            {P} hay {S}
            En la foto hay {S} {P}""",
        "locate not": """
            {S} no {be} {P}
            Se ve que {S} no {be} {P}""",
        "change": """
            {Q} {past} {by.un} {P} {T}
            {P!}, {Q} {past} {by.un} {T}
            {T!}, {Q} {past} {by.un} {P}
            Según los últimos datos, {Q} {past} {by.un} {P} {T}
            ?three {P} se registró {F.2} del {N!} por ciento de {Q} {T}""",
        "change not": """
            {Q} no {past} {by.un} {P} {T}
            {T!}, {Q} no {past} {by.un} {P}
            Según los últimos datos, {Q} no {past} {by.un} {P} {T}""",
        "toll": """
            {S} {happened} {O} {P} {T}
            {T!}, {S} {happened} {O} {P}
            {P!}, {S} {happened} {O} {T}
            ?two {O} {F.1} {S} {P} {T}
            Las autoridades afirman que {S} {happened} {O} {P} {T}""",
        "toll not": """
            Nadie {nobody} {O} {P} {T}
            {T!}, nadie {nobody} {O} {P}
            Las autoridades afirman que nadie {nobody} {O} {P} {T}""",
        "deed": """
            {S.the} {F.0} {tail} {P} {T}
            {T!}, {S.the} {F.0} {tail} {P}
            {P!}, {S.the} {F.0} {tail} {T}
            Según la prensa, {S.the} {F.0} {tail} {P} {T}""",
        "deed not": """
            {S.the} no {F.0} {tail} {P} {T}
            {T!}, {S.the} no {F.0} {tail} {P}
            Según la prensa, {S.the} no {F.0} {tail} {P} {T}""",
        "dealing": """
            {S.the} {F.0} a {O.the} {T}
            {T!}, {S.the} {F.0} a {O.the}
            {O.the} fue {agreeO.1} por {S.the} {T}
            {T!}, {O.the} fue {agreeO.1} por {S.the}""",
        "dealing not": """
            {S.the} no {F.0} a {O.the} {T}
            {O.the} no fue {agreeO.1} por {S.the} {T}""",
        "match": """
            {W} venció a {L} {T}
            {W} derrotó a {L} {T}
            {W} le ganó el partido a {L} {T}
            {L} perdió contra {W} {T}
            {L} perdió el partido ante {W} {T}
            {T!}, {L} cayó derrotada ante {W}""",
        "weather": """
            {F.0} {P} {T}
            {P!} {F.0} {T}
            {T!} {F.0} {P}""",
        "weather not": """
            {F.1} {P} {T}
            {P!} {F.1} {T}""",
    }

    def plural(self, word: str) -> str:
        """The plural of a noun or quality, by rule."""
        return f"{word}s" if word[-1] in "aeioáéó" else word if word.endswith("s") else f"{word}es"

    def slot_happened(self, form: str, saying: Saying) -> str:
        """What befell several people, agreeing: they died, or were something."""
        word, _, rest = saying.verb.forms[0].partition(" ")
        if word == "muerto":
            return f"murieron {rest}"
        verb = "resultaron" if word == "herido" else "fueron"
        return f"{verb} {self.agreeing(saying, word)} {rest}"

    def slot_nobody(self, form: str, saying: Saying) -> str:
        """What befell nobody, in the singular."""
        word, _, rest = saying.verb.forms[0].partition(" ")
        return f"murió {rest}" if word == "muerto" else f"{'resultó' if word == 'herido' else 'fue'} {word} {rest}"
