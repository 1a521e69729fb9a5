"""English: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.lexicon import Entry, table
from lacoskit_builtins.grammar.realise import Language, Saying, Words
from lacoskit_builtins.grammar.scenes import SOME, Phrase

# A noun: singular, plural (by rule where it is left out).
_NOUNS = """
person: person people; man: man men / guy; woman: woman women / lady; child: child children / kid; boy: boy
girl: girl; baby: baby; mother: mother / mum; father: father / dad; grandmother: grandmother
grandfather: grandfather; teacher: teacher; doctor: doctor / physician; nurse: nurse; student: student
farmer: farmer; soldier: soldier; police: police_officer; firefighter: firefighter; worker: worker / labourer
cook: cook / chef; waiter: waiter; tourist: tourist; musician: musician; singer: singer; dancer: dancer
painter: painter; athlete: athlete; footballer: football_player / footballer; cyclist: cyclist
fisherman: fisherman fishermen; driver: driver; actor: actor; journalist: journalist / reporter
scientist: scientist / researcher; photographer: photographer; animal: animal; dog: dog; puppy: puppy; cat: cat
kitten: kitten; horse: horse; cow: cow; sheep: sheep sheep; goat: goat; monkey: monkey; elephant: elephant
lion: lion; tiger: tiger; bear: bear; rabbit: rabbit; panda: panda; camel: camel; bird: bird; duck: duck
chicken: chicken / hen; company: company / firm; bank: bank; airline: airline; newspaper_co: newspaper_publisher
government: government; ministry: ministry; court: court; party: ruling_party; opposition: opposition
union: trade_union / labour_union; university: university; team: national_team; president: president
minister: minister; mayor: mayor; parliament: parliament; hospital_co: hospital; army: army
instrument: musical_instrument / instrument; guitar: guitar; piano: piano; violin: violin; flute: flute; drum: drum
food: food; drink: drink; fruit: piece_of_fruit pieces_of_fruit; apple: apple; banana: banana; orange: orange
vegetable: vegetable; tomato: tomato tomatoes; potato: potato potatoes; onion: onion; carrot: carrot; bread: bread
rice: rice; meat: meat; fish_food: fish; soup: soup; cake: cake; egg: egg; water: water; milk: milk; coffee: coffee
tea: tea; juice: juice; vehicle: vehicle; car: car / automobile; truck: truck / lorry lorries; bus: bus buses
bicycle: bicycle / bike; motorcycle: motorcycle / motorbike; boat: boat; plane: plane / airplane; train: train
tractor: tractor; book: book; newspaper: newspaper; letter: letter; magazine: magazine; hat: hat; shirt: shirt
jacket: jacket; coat: coat; dress: dress dresses; door: door; window: window; box: box boxes; bag: bag
basket: basket; chair: chair; table: table; bed: bed; sofa: sofa / couch couches; phone: phone / telephone
computer: computer; camera: camera; umbrella: umbrella; ball: ball; rope: rope; ladder: ladder; wall: wall
fence: fence; house: house; bridge: bridge; tree: tree; flower: flower; picture: picture; plate: plate; cup: cup
toy: toy; lamp: lamp; clock: clock; stone: stone / rock; disaster: disaster; earthquake: earthquake / quake
flood: flood; storm: storm; fire: fire; accident: accident; explosion: explosion / blast
plane_crash: plane_crash plane_crashes; train_accident: train_accident; attack_event: attack; landslide: landslide
"""
# A verb: -ing form, past participle where there is a passive.
_VERBS = """
run: running; walk: walking; jump: jumping / leaping; crawl: crawling; fly: flying; move: moving; swim: swimming
surf: surfing; ski: skiing; skate: skating; sport: doing_sport / exercising; football: playing_football
basketball: playing_basketball; tennis: playing_tennis; chess: playing_chess; cards: playing_cards
sleep: sleeping / taking_a_nap; rest: resting / relaxing; sit: sitting / seated; stand: standing; dance: dancing
sing: singing / singing_a_song; music: making_music; cry: crying / weeping; laugh: laughing; smile: smiling
talk: talking / speaking; shout: shouting / yelling; whisper: whispering; work: working; study: studying
shop: shopping; fish: fishing; wait: waiting; yawn: yawning; play: playing; eat: eating eaten; drink: drinking drunk
play_on: playing played; cut: cutting cut / slicing sliced; cook: cooking cooked / preparing prepared
peel: peeling peeled; wash: washing washed; clean: cleaning cleaned; ride: riding ridden; drive: driving driven
read: reading read; write: writing written; paint: painting painted; draw: drawing drawn / sketching sketched
carry: carrying carried; open: opening opened; close: closing closed / shutting shut
buy: buying bought / purchasing purchased; sell: selling sold; throw: throwing thrown; catch: catching caught
repair: repairing repaired / fixing fixed; break: breaking broken / smashing smashed; climb: climbing climbed
push: pushing pushed; pull: pulling pulled; build: building built / constructing constructed; hold: holding held
use: using used; plant: planting planted; wear: wearing worn; touch: touching touched; chase: chasing chased
follow: following followed; help: helping helped / assisting assisted; hug: hugging hugged; kiss: kissing kissed
photograph: photographing photographed / taking_pictures_of photographed; feed: feeding fed; greet: greeting greeted
call_out: calling called; attack: attacking attacked; watch: watching watched
bathe: bathing bathed / washing washed; touch_one: touching touched; look_for: looking_for looked_for
push_one: pushing pushed; congratulate: congratulating congratulated
"""
_QUALITIES = """
young: young; old: old; happy: happy; sad: sad; tall: tall; short: short; big: big; small: small; red: red
blue: blue; green: green; yellow: yellow; black: black; white: white; new: new; worn: old; opened: open
closed: closed; full: full; empty: empty; clean_q: clean; dirty: dirty; dear: expensive; cheap: cheap; wet: wet
dry: dry; hot: hot; cold: cold; heavy: heavy; light: light; tired: tired; strong: strong
"""
_PLACES = """
outdoors: outdoors / outside; park: in_the_park; beach: on_the_beach / at_the_beach
street: in_the_street / on_the_road; garden: in_the_garden; forest: in_the_forest / in_the_woods
river: by_the_river; lake: by_the_lake; river_in: in_the_river; pool: in_the_pool; sea: in_the_sea
mountain: in_the_mountains; snow: in_the_snow; field: in_a_field; farm: on_a_farm; village: in_the_village
stadium: at_the_stadium; market: at_the_market; bridge_place: on_the_bridge; desert: in_the_desert
playground: in_the_playground; indoors: indoors / inside_a_building; kitchen: in_the_kitchen; school: at_school
station: at_the_station; hospital: in_the_hospital; restaurant: in_a_restaurant; office: in_the_office
bedroom: in_the_bedroom; library: in_the_library; airport: at_the_airport; factory: in_a_factory
shop_place: in_a_shop; museum: in_the_museum; gym: in_the_gym; living_room: in_the_living_room
stage: on_stage / on_a_stage; city: in_the_city; north: in_the_north; south: in_the_south; china: in_China
france: in_France; spain: in_Spain; brazil: in_Brazil; india: in_India; japan: in_Japan; germany: in_Germany
italy: in_Italy; mexico: in_Mexico; egypt: in_Egypt; kenya: in_Kenya; vietnam: in_Vietnam; indonesia: in_Indonesia
russia: in_Russia; turkey: in_Turkey; canada: in_Canada; portugal: in_Portugal; argentina: in_Argentina
australia: in_Australia
"""
_TIMES = """
morning: in_the_morning; afternoon: in_the_afternoon; evening: in_the_evening; night: at_night; summer: in_summer
winter: in_winter; spring: in_spring; autumn: in_autumn; sunday: on_Sunday; saturday: on_Saturday
weekday: on_a_working_day; rain_time: in_the_rain; sun_time: in_the_sun; n_monday: on_Monday; n_tuesday: on_Tuesday
n_wednesday: on_Wednesday; n_thursday: on_Thursday; n_friday: on_Friday; last_week: last_week
last_month: last_month; last_year: last_year; yesterday: yesterday; january: in_January; march: in_March
july: in_July; october: in_October
"""
_MANNERS = """
alone: alone; with_friends: with_friends; with_family: with_the_family; quickly: quickly / fast; slowly: slowly
quietly: quietly / in_silence; loudly: loudly; carefully: carefully / with_care
"""
_RELATIONS = "on: on; under: under; behind: behind; before: in_front_of; beside: next_to / beside"
# A quantity: s or p for its number, its name.
_QUANTITIES = """
oil_price: s the_price_of_oil / p oil_prices; gold_price: s the_price_of_gold; food_prices: p food_prices
house_prices: p house_prices; exports: p exports; imports: p imports; unemployment: s unemployment
inflation: s inflation; sales: p car_sales; profits: p company_profits; shares: p bank_shares; rents: p rents
wages: p wages; taxes: p taxes; production: s industrial_production / s industrial_output; debt: s public_debt
population: s the_population; temperature: s the_average_temperature; tourism: s the_number_of_tourists
euro: s the_euro; dollar: s the_dollar; traffic: s traffic
"""
# A change: past, infinitive, noun.
_CHANGES = """
rise: rose rise a_rise / increased increase an_increase / went_up go_up / climbed climb
fall: fell fall a_fall / decreased decrease a_decrease / went_down go_down / dropped drop a_drop
stable: remained_stable remain_stable / stayed_the_same stay_the_same; change: changed change a_change
"""
# An outcome: participle with preposition, and the active past where the event itself does it.
_OUTCOMES = """
killed: killed_in killed; injured: injured_in injured / hurt_in hurt; rescued: rescued_after / saved_after
evacuated: evacuated_after / moved_to_safety_after
"""
# A deed: past, infinitive, the rest.
_DEEDS = """
sign_deal: signed sign + a trade agreement / reached reach + a trade deal
refuse_deal: rejected reject + a trade agreement; open_factory: opened open + a factory
close_factory: closed close + a factory / shut shut + a factory
raise_prices: raised raise + prices / increased increase + prices
cut_prices: cut cut + prices / lowered lower + prices
accept_plan: accepted accept + the plan / agreed_to agree_to + the plan
reject_plan: rejected reject + the plan / turned_down turn_down + the plan; win_election: won win + the vote
lose_election: lost lose + the vote; win_prize: won win + an important prize
lose_prize: lost lose + an important prize; buy_land: bought buy + land / acquired acquire + land
sell_land: sold sell + land; start_strike: called_for call_for + a strike
end_strike: ended end + a strike / stopped stop + a strike
publish_report: published publish + a report / released release + a report; hide_report: hid hide + a report
cut_jobs: cut cut + a thousand jobs; create_jobs: created create + a thousand jobs
start_talks: began begin + peace talks / started start + peace talks; end_talks: broke_off break_off + peace talks
build_school: built build + a school; close_school: closed close + a school / shut_down shut_down + a school
approve_law: approved approve + the new law / backed back + the new law; block_law: blocked block + the new law
send_aid: sent send + food aid; stop_aid: stopped stop + food aid
"""
_DEALINGS = """
criticise: criticised criticise; support: supported support / backed back
sue: sued sue / took_to_court take_to_court; praise: praised praise; warn: warned warn
deceive: deceived deceive / misled mislead
"""
_COUNTRIES = """
china: China; france: France; spain: Spain; brazil: Brazil; india: India; japan: Japan; germany: Germany
italy: Italy; mexico: Mexico; egypt: Egypt; kenya: Kenya; vietnam: Vietnam; indonesia: Indonesia; russia: Russia
turkey: Turkey; canada: Canada; portugal: Portugal; argentina: Argentina; australia: Australia
"""
_WEATHER = """
raining: it_is_raining it_is_not_raining / rain_is_falling no_rain_is_falling
snowing: it_is_snowing it_is_not_snowing / snow_is_falling no_snow_is_falling
sunny: it_is_sunny it_is_not_sunny / the_sun_is_shining the_sun_is_not_shining
windy: it_is_windy it_is_not_windy / a_strong_wind_is_blowing no_strong_wind_is_blowing
cloudy: it_is_cloudy it_is_not_cloudy / the_sky_is_cloudy the_sky_is_not_cloudy
hot_day: it_is_very_hot it_is_not_very_hot; cold_day: it_is_very_cold it_is_not_very_cold
stormy: there_is_a_thunderstorm there_is_no_thunderstorm
"""
_NUMBERS = ("some", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class English(Language):
    """English."""

    code = "en"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} {be} {V} {O} {M} {P} {T}
            {S} {be} {V} {O} {M} {P} {T}
            {S} {V} {O} {M} {P} {T}
            {P!}, {S} {be} {V} {O} {M} {T}
            {T!}, {S} {be} {V} {O} {M} {P}
            There {be} {S} {V} {O} {M} {P} {T}
            The photo shows {S} {V} {O} {M} {P} {T}
            {S} can be seen {V} {O} {M} {P} {T}
            {O!} {be.object} being {F.1} by {S} {M} {P} {T}""",
        "act not": """
            {S} {be} not {V} {O} {M} {P} {T}
            {S} {be}n't {V} {O} {M} {P} {T}
            {P!}, {S} {be} not {V} {O} {M} {T}
            There {be} {S} who {be} not {V} {O} {M} {P} {T}
            {O!} {be.object} not being {F.1} by {S} {M} {P} {T}""",
        "duo": """
            {S} {be} {V} {O} {P} {T}
            {S} {V} {O} {P} {T}
            {O} {be.object} being {F.1} by {S} {P} {T}
            There {be} {S} {V} {O} {P} {T}
            {P!}, {S} {be} {V} {O} {T}
            The photo shows {O} being {F.1} by {S} {P} {T}""",
        "duo not": """
            {S} {be} not {V} {O} {P} {T}
            {S} {be}n't {V} {O} {P} {T}
            {O} {be.object} not being {F.1} by {S} {P} {T}""",
        "state": """
            {S.the} {be} {F.0}
            {S.the} {be} clearly {F.0}
            In the photo, {S.the} {be} {F.0}
            ?plain There is {I} here""",
        "state not": """
            {S.the} {be} not {F.0}
            {S.the} isn't {F.0}
            In the photo, {S.the} {be} not {F.0}""",
        "locate": """
            {S} {be} {P}
            There {be} {S} {P}
            {P}, there {be} {S}
            The photo shows {S} {P}""",
        "locate not": """
            {S} {be} not {P}
            {S} {be}n't {P}""",
        "change": """
            {Q} {F.0} {by} {P} {T}
            {P!}, {Q} {F.0} {by} {T}
            {T!}, {Q} {F.0} {by} {P}
            According to the latest figures, {Q} {F.0} {by} {P} {T}
            ?three {F.2} of {N!} percent in {Q} was recorded {P} {T}""",
        "change not": """
            {Q} did not {F.1} {by} {P} {T}
            {T!}, {Q} did not {F.1} {by} {P}
            According to the latest figures, {Q} did not {F.1} {by} {P} {T}""",
        "toll": """
            {S} were {F.0} {O} {P} {T}
            {T!}, {S} were {F.0} {O} {P}
            {P!}, {S} were {F.0} {O} {T}
            ?two {O} {F.1} {S} {P} {T}
            Authorities say that {S} were {F.0} {O} {P} {T}""",
        "toll not": """
            Nobody was {F.0} {O} {P} {T}
            No one was {F.0} {O} {P} {T}""",
        "deed": """
            {S.the} {F.0} {tail} {P} {T}
            {T!}, {S.the} {F.0} {tail} {P}
            {P!}, {S.the} {F.0} {tail} {T}
            Media report that {S.the} {F.0} {tail} {P} {T}""",
        "deed not": """
            {S.the} did not {F.1} {tail} {P} {T}
            {T!}, {S.the} did not {F.1} {tail} {P}
            Media report that {S.the} did not {F.1} {tail} {P} {T}""",
        "dealing": """
            {S.the} {F.0} {O.the} {T}
            {T!}, {S.the} {F.0} {O.the}
            {T!}, {O.the} was {passive} by {S.the}
            {O.the} was {passive} by {S.the} {T}""",
        "dealing not": """
            {S.the} did not {F.1} {O.the} {T}
            {O.the} was not {passive} by {S.the} {T}""",
        "match": """
            {W} beat {L} {T}
            {W} defeated {L} {T}
            {L} lost to {W} {T}
            {L} lost the match against {W} {T}
            {W} won the match against {L} {T}
            {T!}, {L} was beaten by {W}""",
        "weather": """
            {F.0} {P} {T}
            {P!}, {F.0} {T}
            {T!}, {F.0} {P}""",
        "weather not": """
            {F.1} {P} {T}
            {P!}, {F.1} {T}""",
    }

    def noun_phrase(self, entry: Entry, phrase: Phrase, form: str) -> str:
        """A noun as this language builds it; see ``Language.noun_phrase``."""
        singular = entry.forms[0]
        plural = entry.forms[1] if len(entry.forms) > 1 else _plural(singular)
        quality = self.words.qualities[phrase.quality][0].forms[0] if phrase.quality else ""
        name = plural if phrase.count != 1 else singular
        named = f"{quality} {name}".strip()
        if form in ("the", "place"):
            return f"the {named}"
        if phrase.noun in inv.MASS:
            return "a drink" if phrase.noun == "drink" else named
        if phrase.count > 1 or phrase.count == SOME:
            return f"{_NUMBERS[phrase.count] if phrase.count < len(_NUMBERS) else phrase.count} {named}"
        return f"{'an' if named[0] in 'aeio' or named.startswith('um') else 'a'} {named}"

    def slot_V(self, form: str, saying: Saying) -> str:
        """The verb of what goes on, in the form that the construction asks for."""
        return saying.verb.forms[0]

    def slot_be(self, form: str, saying: Saying) -> str:
        """``To be``, agreeing with the subject, or with the object in the form ``object``."""
        phrase = saying.scene.object if form == "object" else saying.scene.subject
        return "is" if phrase.count == 1 else "are"

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"by {saying.scene.amount} percent" if saying.scene.amount else ""

    def slot_passive(self, form: str, saying: Saying) -> str:
        """The participle for the passive of a dealing."""
        return saying.verb.forms[0].replace("took", "taken")


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"
