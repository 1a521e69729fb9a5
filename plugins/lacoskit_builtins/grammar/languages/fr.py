"""French: its words and its constructions."""

from __future__ import annotations

import re
from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.languages._romance import Romance
from lacoskit_builtins.grammar.lexicon import Entry, table
from lacoskit_builtins.grammar.realise import Saying, Words
from lacoskit_builtins.grammar.scenes import Phrase

_NOUNS = """
person: f personne; man: m homme / m monsieur messieurs; woman: f femme / f dame; child: m enfant; boy: m garçon
girl: f fille / f fillette; baby: m bébé; mother: f mère / f maman; father: m père / m papa
grandmother: f grand-mère grands-mères; grandfather: m grand-père grands-pères; teacher: m professeur / m enseignant
doctor: m médecin / m docteur; nurse: f infirmière; student: m étudiant; farmer: m agriculteur / m fermier
soldier: m soldat; police: m policier; firefighter: m pompier; worker: m ouvrier / m travailleur
cook: m cuisinier / m chef_cuisinier chefs_cuisiniers; waiter: m serveur; tourist: m touriste; musician: m musicien
singer: m chanteur; dancer: m danseur; painter: m peintre; athlete: m athlète / m sportif
footballer: m footballeur / m joueur_de_football joueurs_de_football; cyclist: m cycliste; fisherman: m pêcheur
driver: m chauffeur / m conducteur; actor: m acteur / m comédien; journalist: m journaliste / m reporter
scientist: m scientifique / m chercheur; photographer: m photographe; animal: m animal animaux; dog: m chien
puppy: m chiot; cat: m chat; kitten: m chaton; horse: m cheval chevaux; cow: f vache; sheep: m mouton
goat: f chèvre; monkey: m singe; elephant: m éléphant; lion: m lion; tiger: m tigre; bear: m ours ours
rabbit: m lapin; panda: m panda; camel: m chameau chameaux; bird: m oiseau oiseaux; duck: m canard; chicken: f poule
company: f entreprise / f société; bank: f banque; airline: f compagnie_aérienne compagnies_aériennes
newspaper_co: f maison_d'édition maisons_d'édition; government: m gouvernement; ministry: m ministère
court: m tribunal tribunaux; party: m parti_au_pouvoir partis_au_pouvoir; opposition: f opposition
union: m syndicat; university: f université; team: f équipe_nationale équipes_nationales; president: m président
minister: m ministre; mayor: m maire; parliament: m parlement; hospital_co: m hôpital hôpitaux; army: f armée
instrument: m instrument_de_musique instruments_de_musique; guitar: f guitare; piano: m piano; violin: m violon
flute: f flûte; drum: m tambour; food: f nourriture; drink: f boisson; fruit: m fruit; apple: f pomme
banana: f banane; orange: f orange; vegetable: m légume; tomato: f tomate; potato: f pomme_de_terre pommes_de_terre
onion: m oignon; carrot: f carotte; bread: m pain; rice: m riz; meat: f viande; fish_food: m poisson; soup: f soupe
cake: m gâteau gâteaux; egg: m œuf; water: f eau; milk: m lait; coffee: m café; tea: m thé; juice: m jus
vehicle: m véhicule; car: f voiture / f automobile; truck: m camion; bus: m bus bus / m autobus autobus
bicycle: m vélo / f bicyclette; motorcycle: f moto / f motocyclette; boat: m bateau bateaux; plane: m avion
train: m train; tractor: m tracteur; book: m livre; newspaper: m journal journaux; letter: f lettre
magazine: m magazine; hat: m chapeau chapeaux; shirt: f chemise; jacket: f veste; coat: m manteau manteaux
dress: f robe; door: f porte; window: f fenêtre; box: f boîte; bag: m sac; basket: m panier; chair: f chaise
table: f table; bed: m lit; sofa: m canapé / m sofa; phone: m téléphone; computer: m ordinateur
camera: m appareil_photo appareils_photo; umbrella: m parapluie; ball: m ballon; rope: f corde; ladder: f échelle
wall: m mur; fence: f clôture; house: f maison; bridge: m pont; tree: m arbre; flower: f fleur
picture: m tableau tableaux; plate: f assiette; cup: f tasse; toy: m jouet; lamp: f lampe; clock: f horloge
stone: f pierre; disaster: f catastrophe; earthquake: m tremblement_de_terre / m séisme; flood: f inondation
storm: f tempête; fire: m incendie; accident: m accident; explosion: f explosion; plane_crash: m accident_d'avion
train_accident: m accident_de_train; attack_event: f attaque; landslide: m glissement_de_terrain
"""
# A verb: its infinitive where it is regular, else present singular, present plural, infinitive, participle.
_VERBS = """
run: court courent courir couru; walk: marcher; jump: sauter / bondit bondissent bondir bondi
crawl: se_déplacer + à quatre pattes; fly: voler; move: bouger; swim: nager; surf: fait font faire fait + du surf
ski: skier / fait font faire fait + du ski; skate: fait font faire fait + du patin
sport: fait font faire fait + du sport / pratiquer + un sport; football: jouer + au football
basketball: jouer + au basket; tennis: jouer + au tennis; chess: jouer + aux échecs; cards: jouer + aux cartes
sleep: dort dorment dormir dormi / =endormi; rest: se_reposer; sit: =assis assise assis assises
stand: =debout debout debout debout; dance: danser; sing: chanter / chanter + une chanson
music: fait font faire fait + de la musique; cry: pleurer; laugh: rit rient rire ri / rigoler
smile: sourit sourient sourire souri; talk: parler / discuter; shout: crier / hurler; whisper: chuchoter / murmurer
work: travailler; study: étudier; shop: fait font faire fait + des courses; fish: pêcher
wait: attend attendent attendre attendu / patienter; yawn: bâiller; play: s'amuser / jouer; eat: manger
drink: boit boivent boire bu; play_on: jouer; play_on.instrument: jouer + d'un instrument
play_on.guitar: jouer + de la guitare; play_on.piano: jouer + du piano; play_on.violin: jouer + du violon
play_on.flute: jouer + de la flûte; play_on.drum: jouer + du tambour; cut: couper / découper
cook: prépare préparent préparer préparé / cuisiner; peel: éplucher; wash: laver
clean: nettoie nettoient nettoyer nettoyé; ride: monter; ride.bicycle: fait font faire fait + du vélo
ride.motorcycle: fait font faire fait + de la moto; ride.horse: monter + à cheval / fait font faire fait + du cheval
ride.camel: monter + à dos de chameau; ride.elephant: monter + à dos d'éléphant
drive: conduit conduisent conduire conduit; read: lit lisent lire lu; write: écrit écrivent écrire écrit / rédiger
paint: peint peignent peindre peint; draw: dessiner; carry: porter / transporter; open: ouvre ouvrent ouvrir ouvert
close: fermer; buy: achète achètent acheter acheté; sell: vend vendent vendre vendu
throw: lancer / jette jettent jeter jeté; catch: attraper; repair: réparer; break: casser / briser; climb: escalader
push: pousser; pull: tirer; build: construit construisent construire construit / bâtit bâtissent bâtir bâti
hold: tient tiennent tenir tenu; use: utiliser / se_sert_de se_servent_de se_servir_de utilisé; plant: planter
wear: porter; touch: toucher; chase: poursuit poursuivent poursuivre poursuivi / pourchasser
follow: suit suivent suivre suivi; help: aider; hug: enlacer; kiss: embrasser; photograph: photographier
feed: nourrit nourrissent nourrir nourri; greet: saluer; call_out: appelle appellent appeler appelé
attack: attaquer; watch: observer / regarder; bathe: laver / baigner; touch_one: toucher
look_for: chercher / rechercher; push_one: pousser / bousculer; congratulate: féliciter
"""
_QUALITIES = """
young: <jeune; old: âgé; happy: heureux heureuse heureux heureuses; sad: triste; tall: <grand
short: de_petite_taille de_petite_taille de_petite_taille de_petite_taille; big: <gros grosse gros grosses
small: <petit; red: rouge; blue: bleu; green: vert; yellow: jaune; black: noir; white: blanc blanche
new: neuf neuve; worn: usé; opened: ouvert; closed: fermé; full: plein; empty: vide; clean_q: propre; dirty: sale
dear: cher chère; cheap: bon_marché bon_marché bon_marché bon_marché; wet: mouillé; dry: sec sèche; hot: chaud
cold: froid; heavy: lourd; light: léger légère; tired: fatigué; strong: fort
"""
_PLACES = """
outdoors: en_plein_air / dehors; park: dans_le_parc / au_parc; beach: sur_la_plage / à_la_plage; street: dans_la_rue
garden: dans_le_jardin; forest: dans_la_forêt / dans_les_bois; river: au_bord_de_la_rivière; lake: au_bord_du_lac
mountain: à_la_montagne; snow: dans_la_neige; field: dans_un_champ; farm: dans_une_ferme; village: dans_le_village
stadium: au_stade; market: au_marché; bridge_place: sur_le_pont; desert: dans_le_désert
playground: sur_l'aire_de_jeux; indoors: à_l'intérieur_d'un_bâtiment; kitchen: dans_la_cuisine; school: à_l'école
station: à_la_gare; hospital: à_l'hôpital; restaurant: dans_un_restaurant; office: au_bureau
bedroom: dans_la_chambre; library: à_la_bibliothèque; airport: à_l'aéroport; factory: dans_une_usine
shop_place: dans_un_magasin / dans_une_boutique; museum: au_musée; gym: au_gymnase; living_room: dans_le_salon
stage: sur_scène / sur_une_scène; city: en_ville; north: dans_le_nord; south: dans_le_sud; river_in: dans_la_rivière
pool: dans_la_piscine; sea: dans_la_mer; china: en_Chine; france: en_France; spain: en_Espagne; brazil: au_Brésil
india: en_Inde; japan: au_Japon; germany: en_Allemagne; italy: en_Italie; mexico: au_Mexique; egypt: en_Égypte
kenya: au_Kenya; vietnam: au_Vietnam; indonesia: en_Indonésie; russia: en_Russie; turkey: en_Turquie
canada: au_Canada; portugal: au_Portugal; argentina: en_Argentine; australia: en_Australie
"""
_TIMES = """
morning: le_matin; afternoon: l'après-midi; evening: le_soir / en_soirée; night: la_nuit; summer: en_été
winter: en_hiver; spring: au_printemps; autumn: en_automne; sunday: le_dimanche; saturday: le_samedi
weekday: un_jour_ouvrable; rain_time: sous_la_pluie; sun_time: au_soleil; n_monday: lundi; n_tuesday: mardi
n_wednesday: mercredi; n_thursday: jeudi; n_friday: vendredi; last_week: la_semaine_dernière
last_month: le_mois_dernier; last_year: l'année_dernière / l'an_dernier; yesterday: hier
january: en_janvier / au_mois_de_janvier; march: en_mars / au_mois_de_mars; july: en_juillet / au_mois_de_juillet
october: en_octobre / au_mois_d'octobre
"""
_MANNERS = """
alone: =seul; with_friends: avec_des_amis / entre_amis; with_family: en_famille; quickly: rapidement / vite
slowly: lentement; quietly: en_silence / silencieusement; loudly: bruyamment; carefully: avec_soin / soigneusement
"""
_RELATIONS = "on: sur; under: sous; behind: derrière; before: devant; beside: à_côté_de / près_de"
_QUANTITIES = """
oil_price: ms le_prix_du_pétrole; gold_price: ms le_prix_de_l'or; food_prices: mp les_prix_alimentaires
house_prices: mp les_prix_de_l'immobilier; exports: fp les_exportations; imports: fp les_importations
unemployment: ms le_chômage; inflation: fs l'inflation; sales: fp les_ventes_de_voitures
profits: mp les_bénéfices_des_entreprises; shares: fp les_actions_bancaires; rents: mp les_loyers
wages: mp les_salaires; taxes: mp les_impôts; production: fs la_production_industrielle; debt: fs la_dette_publique
population: fs la_population; temperature: fs la_température_moyenne; tourism: ms le_nombre_de_touristes
euro: ms l'euro; dollar: ms le_dollar; traffic: ms le_trafic
"""
# A change: participle, what follows it, noun.
_CHANGES = """
rise: augmenté - une_hausse / progressé - une_progression / grimpé - une_hausse
fall: baissé - une_baisse / diminué - une_diminution / reculé - un_recul; stable: peu_évolué - / stagné -
change: changé - / varié - une_variation
"""
_OUTCOMES = """
killed: tué_dans tué; injured: blessé_dans blessé; rescued: secouru_après / sauvé_après; evacuated: évacué_après
"""
_DEEDS = """
sign_deal: signé + un accord commercial / conclu + un accord commercial; refuse_deal: refusé + un accord commercial
open_factory: ouvert + une usine / inauguré + une usine; close_factory: fermé + une usine
raise_prices: augmenté + les prix / relevé + les prix; cut_prices: baissé + les prix / réduit + les prix
accept_plan: accepté + le projet; reject_plan: rejeté + le projet / repoussé + le projet
win_election: gagné + le vote / remporté + le vote; lose_election: perdu + le vote
win_prize: obtenu + un prix important / remporté + un prix important; lose_prize: perdu + un prix important
buy_land: acheté + des terrains / acquis + des terrains; sell_land: vendu + des terrains
start_strike: lancé + une grève / déclenché + une grève; end_strike: mis fin + à une grève
publish_report: publié + un rapport / diffusé + un rapport; hide_report: caché + un rapport / dissimulé + un rapport
cut_jobs: supprimé + mille emplois / supprimé + mille postes
create_jobs: créé + mille emplois / créé + mille postes
start_talks: entamé + des négociations de paix / commencé + des négociations de paix
end_talks: rompu + les négociations de paix; build_school: construit + une école / bâti + une école
close_school: fermé + une école; approve_law: approuvé + la nouvelle loi / soutenu + la nouvelle loi
block_law: bloqué + la nouvelle loi; send_aid: envoyé + une aide alimentaire
stop_aid: suspendu + l'aide alimentaire / interrompu + l'aide alimentaire
"""
_DEALINGS = """
criticise: critiqué; support: soutenu / appuyé; sue: poursuivi_en_justice / attaqué_en_justice
praise: félicité / loué; warn: averti / mis_en_garde; deceive: trompé
"""
_COUNTRIES = """
china: la_Chine f; france: la_France f; spain: l'Espagne f; brazil: le_Brésil m; india: l'Inde f; japan: le_Japon m
germany: l'Allemagne f; italy: l'Italie f; mexico: le_Mexique m; egypt: l'Égypte f; kenya: le_Kenya m
vietnam: le_Vietnam m; indonesia: l'Indonésie f; russia: la_Russie f; turkey: la_Turquie f; canada: le_Canada m
portugal: le_Portugal m; argentina: l'Argentine f; australia: l'Australie f
"""
_WEATHER = """
raining: il_pleut il_ne_pleut_pas / la_pluie_tombe la_pluie_ne_tombe_pas
snowing: il_neige il_ne_neige_pas / la_neige_tombe la_neige_ne_tombe_pas
sunny: il_fait_soleil il_ne_fait_pas_soleil / le_soleil_brille le_soleil_ne_brille_pas
windy: il_y_a_du_vent il_n'y_a_pas_de_vent / le_vent_souffle le_vent_ne_souffle_pas
cloudy: le_ciel_est_nuageux le_ciel_n'est_pas_nuageux / le_ciel_est_couvert le_ciel_n'est_pas_couvert
hot_day: il_fait_très_chaud il_ne_fait_pas_très_chaud; cold_day: il_fait_très_froid il_ne_fait_pas_très_froid
stormy: il_y_a_de_l'orage il_n'y_a_pas_d'orage / l'orage_gronde l'orage_ne_gronde_pas
"""
_ELISION = re.compile(r"\b(d|l|qu|n|s)(?:e|a|i(?= ils?\b)) (?=[aeiouyéèêâîôûœAEIOUÉ]|h(?!uit|aut))")


class French(Romance):
    """French: what goes on is said in the simple present, or with ``en train de``."""

    code = "fr"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    numbers = ("", "", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")
    one: ClassVar[dict[str, str]] = {"m": "un", "f": "une"}
    some: ClassVar[dict[str, str]] = {"m": "quelques", "f": "quelques"}
    definite: ClassVar[dict[str, tuple[str, str]]] = {"m": ("le", "les"), "f": ("la", "les")}
    contractions = ((" de le ", " du "), (" de les ", " des "), (" à le ", " au "), (" à les ", " aux "))
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} {V} {O} {M} {P} {T}
            {S} {V} {O} {M} {P} {T}
            ?moving {S} {be} en train de {V.inf} {O} {M} {P} {T}
            {P!}, {S} {V} {O} {M} {T}
            {T!}, {S} {V} {O} {M} {P}
            Il y a {S} qui {V} {O} {M} {P} {T}
            La photo montre {S} qui {V} {O} {M} {P} {T}
            {P!}, on voit {S} qui {V} {O} {M} {T}
            {O!} {be.object} {Vpass} par {S} {M} {P} {T}""",
        "act not": """
            {S} ne {V.not} {O.not} {M} {P} {T}
            {P!}, {S} ne {V.not} {O.not} {M} {T}
            Il y a {S} qui ne {V.not} {O.not} {M} {P} {T}
            La photo montre {S} qui ne {V.not} {O.not} {M} {P} {T}""",
        "duo": """
            {S} {V} {O} {P} {T}
            {S} {be} en train de {V.inf} {O} {P} {T}
            {O} {be.object} {Vpass} par {S} {P} {T}
            Il y a {S} qui {V} {O} {P} {T}
            {P!}, {S} {V} {O} {T}
            La photo montre {O} {Vpass} par {S} {P} {T}""",
        "duo not": """
            {S} ne {V.not} {O} {P} {T}
            {O} ne {be.object} pas {Vpass} par {S} {P} {T}""",
        "state": """
            {S.the} est {A}
            Sur la photo, {S.the} est {A}
            On voit bien que {S.the} est {A}
            ?plain Il y a {I} ici""",
        "state not": """
            {S.the} n'est pas {A}
            Sur la photo, {S.the} n'est pas {A}
            On voit bien que {S.the} n'est pas {A}""",
        "locate": """
            {S} se {finds} {P}
            Il y a {S} {P}
            {P}, il y a {S}
            On voit {S} {P}
            {P} se {finds} {S}""",
        "locate not": """
            {S} ne se {finds} pas {P}
            On voit que {S} ne se {finds} pas {P}""",
        "change": """
            {Q} {has} {F.0} {by.de} {P} {T}
            {P!}, {Q} {has} {F.0} {by.de} {T}
            {T!}, {Q} {has} {F.0} {by.de} {P}
            Selon les derniers chiffres, {Q} {has} {F.0} {by.de} {P} {T}
            ?three On a enregistré {F.2} de {N!} % de {Q} {P} {T}""",
        "change not": """
            {Q} n'{has} pas {F.0} {by.de} {P} {T}
            {T!}, {Q} n'{has} pas {F.0} {by.de} {P}
            Selon les derniers chiffres, {Q} n'{has} pas {F.0} {by.de} {P} {T}""",
        "toll": """
            {S} ont été {outcome} {O} {P} {T}
            {T!}, {S} ont été {outcome} {O} {P}
            {P!}, {S} ont été {outcome} {O} {T}
            ?two {O} a {F.1} {S} {P} {T}
            Les autorités affirment que {S} ont été {outcome} {O} {P} {T}""",
        "toll not": """
            Personne n'a été {F.0} {O} {P} {T}
            {T!}, personne n'a été {F.0} {O} {P}
            Les autorités affirment que personne n'a été {F.0} {O} {P} {T}""",
        "deed": """
            {S.the} a {F.0} {tail} {P} {T}
            {T!}, {S.the} a {F.0} {tail} {P}
            {P!}, {S.the} a {F.0} {tail} {T}
            Selon la presse, {S.the} a {F.0} {tail} {P} {T}""",
        "deed not": """
            {S.the} n'a pas {deny} {P} {T}
            {T!}, {S.the} n'a pas {deny} {P}
            Selon la presse, {S.the} n'a pas {deny} {P} {T}""",
        "dealing": """
            {S.the} a {F.0} {O.the} {T}
            {T!}, {S.the} a {F.0} {O.the}
            {O.the} a été {dealt} par {S.the} {T}
            {T!}, {O.the} a été {dealt} par {S.the}""",
        "dealing not": """
            {S.the} n'a pas {F.0} {O.the} {T}
            {O.the} n'a pas été {dealt} par {S.the} {T}""",
        "match": """
            {W} a battu {L} {T}
            {W} a gagné le match contre {L} {T}
            {L} a perdu contre {W} {T}
            {L} s'est {incline} devant {W} {T}
            {T!}, {L} a perdu le match contre {W}""",
        "weather": """
            {F.0} {P} {T}
            {P!}, {F.0} {T}
            {T!}, {F.0} {P}""",
        "weather not": """
            {F.1} {P} {T}
            {P!}, {F.1} {T}""",
    }

    def plural(self, word: str) -> str:
        """The plural of a noun or quality, by rule."""
        return word if word[-1] in "sxz" else f"{word}x" if word.endswith("eau") else f"{word}s"

    def feminine(self, word: str) -> str:
        """The feminine of a quality or participle, by rule."""
        return word if word.endswith("e") else f"{word}e"

    def determined(self, name: str, gender: str, phrase: Phrase, form: str) -> str:
        """A name with its article, partitive or number."""
        mass = phrase.noun in inv.MASS and phrase.noun != "drink"
        if form == "not" and phrase.count == 1:
            return f"de {name}"
        if mass and form not in ("the", "place"):
            return f"{'du' if gender == 'm' else 'de la'} {name}"
        if phrase.noun == "drink" and form not in ("the", "place"):
            return f"une {name}"
        return super().determined(name, gender, phrase, form)

    def extras(self, saying: Saying) -> tuple[str, ...]:
        """The conditions of every language and its own."""
        posture = bool(saying.verb.forms and saying.verb.forms[0].startswith("="))
        return (*super().extras(saying), "still" if posture else "moving")

    def slot_V(self, form: str, saying: Saying) -> str:
        """The verb of what goes on, in the form that the construction asks for."""
        verb, many = saying.verb, saying.scene.subject.count != 1
        tail = "" if saying.scene.object.noun and self.owns_object(saying) else verb.tail
        if verb.forms[0].startswith("="):
            word = self.inflect(verb, saying.subject.forms[0][0], many)
            return f"{'sont' if many else 'est'} {'pas ' if form == 'not' else ''}{word}"
        word = verb.forms[2 if form == "inf" else int(many)] if len(verb.forms) > 1 else _regular(verb, form, many)
        if form == "not":
            word = f"{word} pas"
            tail = re.sub(r"^(une? |du |de la |des )", "de ", tail)
        return f"{word} {tail}".rstrip()

    def slot_Vpass(self, form: str, saying: Saying) -> str:
        """The passive of the verb, agreeing with the object."""
        verb = saying.verb
        word = verb.forms[3] if len(verb.forms) > 3 else f"{verb.forms[0][:-2]}é"
        return self.agreeing(saying, word, of_object=True)

    def slot_be(self, form: str, saying: Saying) -> str:
        """``To be``, agreeing with the subject, or with the object in the form ``object``."""
        phrase = saying.scene.object if form == "object" else saying.scene.subject
        return "est" if phrase.count == 1 else "sont"

    def slot_finds(self, form: str, saying: Saying) -> str:
        """``Is to be found``, agreeing in number."""
        return "trouve" if saying.scene.subject.count == 1 else "trouvent"

    def slot_has(self, form: str, saying: Saying) -> str:
        """The auxiliary of the past, agreeing in number."""
        return "a" if saying.subject.forms[0][1] == "s" else "ont"

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"de {saying.scene.amount} %" if saying.scene.amount else ""

    def slot_outcome(self, form: str, saying: Saying) -> str:
        """What befell several people, agreeing with them."""
        return self.agreeing(saying, saying.verb.forms[0])

    def slot_dealt(self, form: str, saying: Saying) -> str:
        """The participle of a dealing, agreeing with the object."""
        return self.agreeing(saying, saying.verb.forms[0], of_object=True)

    def slot_incline(self, form: str, saying: Saying) -> str:
        """``Bowed``, agreeing with the country that lost."""
        return "inclinée" if saying.object.forms[1] == "f" else "incliné"

    def slot_deny(self, form: str, saying: Saying) -> str:
        """A denied deed: an indefinite object loses its article."""
        return f"{saying.verb.forms[0]} {re.sub(r'^(une |un |des )', 'de ', saying.verb.tail)}"

    def polish(self, text: str) -> str:
        """Contractions and elisions over the whole sentence."""
        return _ELISION.sub(r"\1'", super().polish(text))


def _regular(verb: Entry, form: str, many: bool) -> str:
    """The present or infinitive of a verb in -er."""
    word = verb.forms[0]
    return word if form == "inf" else f"{word[:-1]}nt" if many else word[:-1]
