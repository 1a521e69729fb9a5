"""The words the template grammar knows, free of any language: ids, what is a kind of what, what excludes what.

Every id named here has an entry in the lexicon of each language; a structural test holds the two together.
"""

from __future__ import annotations


def _ids(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Who may act.  A word's hypernym is what an entailment may put in its place.
PEOPLE = _ids(
    """person man woman child boy girl mother father grandmother grandfather teacher doctor nurse student farmer soldier
    police firefighter worker cook waiter tourist musician singer dancer painter athlete footballer cyclist fisherman
    driver actor journalist scientist photographer"""
)
ANIMALS = _ids(
    """animal dog puppy cat kitten horse cow sheep goat monkey elephant lion tiger bear rabbit panda camel
    bird duck chicken"""
)
BIRDS = ("bird", "duck", "chicken")
ANIMATE = (*PEOPLE, "baby", *ANIMALS)
INSTITUTIONS = _ids(
    """company bank airline newspaper_co government ministry court party opposition union university team president
    minister mayor parliament hospital_co army"""
)
INSTRUMENTS = ("instrument", "guitar", "piano", "violin", "flute", "drum")
FRUITS = ("fruit", "apple", "banana", "orange")
VEGETABLES = ("vegetable", "tomato", "potato", "onion", "carrot")
MEALS = ("bread", "rice", "meat", "fish_food", "soup")
DRINKS = ("water", "milk", "coffee", "tea", "juice")
VEHICLES = ("vehicle", "car", "truck", "bus", "bicycle", "motorcycle", "boat", "plane", "train", "tractor")
READINGS = ("book", "newspaper", "letter", "magazine")
CLOTHES = ("hat", "shirt", "jacket", "coat", "dress")
HOUSEHOLD = _ids(
    """door window box bag basket chair table bed sofa phone computer camera umbrella ball rope ladder wall fence house
    bridge tree flower picture plate cup toy lamp clock stone"""
)
EVENTS = _ids(
    "disaster earthquake flood storm fire accident explosion plane_crash train_accident attack_event landslide"
)
MASS = frozenset((*MEALS, *DRINKS, "food", "drink"))
NOT_FOR_ANIMALS = frozenset(("coffee", "tea", "juice", "soup", "cake", "rice"))
THINGS = (
    *INSTRUMENTS, "food", "drink", *FRUITS, *VEGETABLES, *MEALS, "cake", "egg", *DRINKS, *VEHICLES, *READINGS,
    *CLOTHES, *HOUSEHOLD,
)  # fmt: skip
NOUNS = (*ANIMATE, *INSTITUTIONS, *THINGS, *EVENTS)

_KINDS_OF = {
    "person": "man woman child teacher doctor nurse student farmer soldier police firefighter worker cook waiter"
    " tourist musician dancer painter athlete fisherman driver actor journalist scientist photographer",
    "man": "father grandfather",
    "woman": "mother grandmother",
    "child": "boy girl baby",
    "musician": "singer",
    "athlete": "footballer cyclist",
    "animal": "dog cat horse cow sheep goat monkey elephant lion tiger bear rabbit panda camel bird",
    "dog": "puppy",
    "cat": "kitten",
    "bird": "duck chicken",
    "instrument": "guitar piano violin flute drum",
    "fruit": "apple banana orange",
    "vegetable": "tomato potato onion carrot",
    "food": "fruit vegetable bread rice meat fish_food soup cake egg",
    "drink": "water milk coffee tea juice",
    "vehicle": "car truck bus bicycle motorcycle boat plane train tractor",
    "company": "bank airline newspaper_co",
    "disaster": "earthquake flood storm fire explosion landslide",
    "accident": "plane_crash train_accident",
}
HYPERNYM = {word: kind for kind, words in _KINDS_OF.items() for word in words.split()}

# Words that name the same sort of thing and never the same individual: one in place of the other contradicts.
RIVALS = (
    ("man", "woman"), ("boy", "girl"), ("father", "mother"), ("grandfather", "grandmother"),
    ("dog", "cat", "horse", "cow", "sheep", "goat", "monkey", "elephant", "lion", "tiger", "bear", "rabbit"),
    ("guitar", "piano", "violin", "flute", "drum"), ("apple", "banana", "orange"), ("puppy", "kitten"),
    ("tomato", "potato", "onion", "carrot"), ("bread", "rice", "meat", "soup"), ("water", "milk", "coffee", "tea"),
    ("car", "truck", "bus", "bicycle", "motorcycle", "boat", "tractor"), ("door", "window"), ("hat", "shirt", "coat"),
    ("earthquake", "flood", "fire", "explosion"), ("plane_crash", "train_accident"), ("book", "newspaper", "letter"),
    ("government", "opposition"), ("duck", "chicken"),
)  # fmt: skip

# Actions: id | group | who | objects | hypernym | antonyms.  Two actions of different groups exclude each other.
_ACTIONS = """
run          | motion  | both   |  | move | walk stand sleep
walk         | motion  | both   |  | move | run sit
jump         | motion  | both   |  | move | sleep sit
crawl        | motion  | small  |  | move | sleep
fly          | motion  | birds  |  | move | swim
move         | motion  | both   |  |      | stand
swim         | water   | both   |  | move | run
surf         | water   | people |  | sport | sit
ski          | sport   | people |  | sport | swim
skate        | sport   | people |  | sport | swim
sport        | sport   | people |  |      | rest
football     | sport   | people |  | sport | tennis basketball
basketball   | sport   | people |  | sport | football
tennis       | sport   | people |  | sport | football
chess        | game    | people |  |      | cards
cards        | game    | people |  |      | chess
sleep        | rest    | both   |  | rest | run walk
rest         | rest    | both   |  |      | work run
sit          | posture | both   |  |      | stand run
stand        | posture | both   |  |      | sit
dance        | art     | people |  |      | sit
sing         | art     | people |  | music | 
music        | art     | people |  |      | sleep
cry          | mood    | human  |  |      | laugh
laugh        | mood    | human  |  |      | cry
smile        | mood    | human  |  |      | cry
talk         | voice   | people |  |      | sleep
shout        | voice   | people |  |      | whisper
whisper      | voice   | people |  | talk | shout
work         | work    | people |  |      | rest
study        | work    | people |  |      | sleep
shop         | work    | people |  |      | sleep
fish         | work    | people |  |      | ski
wait         | posture | people |  |      | run
yawn         | mood    | both   |  |      | laugh
play         | game    | both   |  |      | sleep work
eat          | meal    | both   | fruit apple banana orange carrot bread rice meat fish_food cake egg food |  | drink
drink        | meal    | both   | water milk coffee tea juice drink |  | eat
play_on      | art     | people | instrument guitar piano violin flute drum | music | 
cut          | kitchen | people | tomato potato onion carrot apple bread meat cake vegetable fruit rope | work | 
cook         | kitchen | people | rice meat fish_food soup egg vegetable potato food |  | 
peel         | kitchen | people | potato onion carrot banana orange apple | work | 
wash         | clean   | people | car plate cup window shirt vegetable bus tomato dress truck |  | 
clean        | clean   | people | window table house camera bicycle wall sofa |  | 
ride         | travel  | people | bicycle motorcycle horse camel elephant |  | 
drive        | travel  | people | car truck bus tractor vehicle |  | 
read         | reading | people | book newspaper letter magazine |  | write
write        | writing | people | letter book |  | read
paint        | work    | people | picture wall door fence house |  | 
draw         | work    | people | flower tree house horse bird boat |  | 
carry        | load    | people | bag box basket chair ladder umbrella guitar lamp table |  | 
open         | hands   | people | door window box bag letter umbrella |  | close
close        | hands   | people | door window box bag umbrella |  | open
buy          | trade   | people | car house bread fruit book hat flower phone dress toy bicycle clock |  | sell
sell         | trade   | people | car house bread fruit book hat flower phone dress toy bicycle clock |  | buy
throw        | hands   | people | ball stone |  | catch
catch        | hands   | both   | ball |  | throw
repair       | work    | people | bicycle car computer clock chair boat fence phone truck | work | break
break        | hands   | people | plate window cup toy chair |  | repair
climb        | motion  | people | tree wall ladder rope fence |  | 
push         | load    | people | car table box bicycle bed |  | pull
pull         | load    | people | rope box boat bicycle |  | push
build        | work    | people | house wall bridge fence boat | work | 
hold         | posture | people | bag cup flower umbrella camera book ball phone hat |  | throw
use          | work    | people | computer phone camera ladder |  | 
plant        | work    | people | tree flower | work | 
wear         | dress   | human  | hat shirt jacket coat dress |  | 
touch        | hands   | both   | ball flower wall box table stone |  | 
"""
_DUOS = """chase follow help hug kiss photograph feed greet call_out attack watch bathe touch_one look_for push_one
congratulate"""

ACTION_GROUP: dict[str, str] = {}
ACTION_AGENTS: dict[str, tuple[str, ...]] = {}
ACTION_OBJECTS: dict[str, tuple[str, ...]] = {}
ACTION_HYPERNYM: dict[str, str] = {}
ANTONYMS: dict[str, tuple[str, ...]] = {}
_WHO = {
    "people": PEOPLE,
    "human": (*PEOPLE, "baby"),
    "both": ANIMATE,
    "small": ("baby", "child", "puppy", "kitten"),
    "birds": BIRDS,
}
for _line in _ACTIONS.strip().splitlines():
    _id, _group, _who, _objects, _up, _against = (cell.strip() for cell in _line.split("|"))
    ACTION_GROUP[_id], ACTION_AGENTS[_id], ACTION_OBJECTS[_id] = _group, _WHO[_who], tuple(_objects.split())
    ANTONYMS[_id] = tuple(_against.split())
    if _up and _up != _id:
        ACTION_HYPERNYM[_id] = _up
ACTIONS = tuple(ACTION_GROUP)

# Two animate beings, where who does it and to whom matters.
DUOS = tuple(_DUOS.split())
DUO_RIVALS = {
    "chase": "help feed", "follow": "attack", "help": "attack", "hug": "attack push_one", "kiss": "attack",
    "photograph": "attack", "feed": "chase attack", "greet": "attack chase", "call_out": "hug", "attack": "help hug",
    "watch": "attack bathe", "bathe": "chase", "touch_one": "look_for", "look_for": "hug touch_one",
    "push_one": "hug kiss", "congratulate": "attack push_one",
}  # fmt: skip
PATIENTS = {  # whom it may happen to, when not to anybody
    "feed": ("baby", "child", *ANIMALS), "bathe": ("baby", "child", *ANIMALS), "greet": PEOPLE, "congratulate": PEOPLE,
    "kiss": (*PEOPLE, "baby"), "help": PEOPLE, "call_out": (*PEOPLE, "dog", "cat"), "push_one": PEOPLE,
}  # fmt: skip
HUMAN_DUOS = frozenset(_ids("help hug kiss photograph feed greet call_out bathe congratulate look_for"))

# Qualities come in scales; two of one scale exclude each other.
SCALES = {
    "age": ("young", "old"), "mood": ("happy", "sad"), "height": ("tall", "short"), "size": ("big", "small"),
    "colour": ("red", "blue", "green", "yellow", "black", "white"), "newness": ("new", "worn"),
    "open": ("opened", "closed"), "fill": ("full", "empty"), "dirt": ("clean_q", "dirty"), "cost": ("dear", "cheap"),
    "water": ("wet", "dry"), "heat": ("hot", "cold"), "weight": ("heavy", "light"), "energy": ("tired", "strong"),
}  # fmt: skip
QUALITIES = tuple(q for scale in SCALES.values() for q in scale)
SCALE_OF = {q: name for name, scale in SCALES.items() for q in scale}
PERSON_QUALITIES = ("young", "old", "happy", "sad", "tall", "short", "tired", "strong")
AGED = ("child", "boy", "girl", "baby", "grandmother", "grandfather", "puppy", "kitten")  # their word tells their age
AGED_QUALITIES = ("happy", "sad", "tired")
ANIMAL_QUALITIES = ("big", "small", "black", "white", "young", "old", "tired")
THING_QUALITIES = ("red", "blue", "green", "yellow", "black", "white", "big", "small", "new", "worn")
COLOURED = frozenset((*VEHICLES, *CLOTHES, *HOUSEHOLD)) - {"tree", "picture"}
# What a thing may be said to be: subject -> predicates.
_STATES = {
    "car truck bus bicycle motorcycle boat": "red blue green black white new worn clean_q dirty dear cheap big small",
    "door window": "opened closed red white green clean_q dirty new big small",
    "box bag basket": "opened closed full empty heavy light big small red blue black new",
    "cup plate": "full empty clean_q dirty white blue new small hot cold",
    "house": "big small white new worn empty dear cheap red clean_q",
    "table chair bed sofa": "clean_q dirty wet dry new worn big small heavy light black white dear cheap",
    "hat shirt jacket coat dress": "red blue green yellow black white wet dry clean_q dirty new worn dear cheap",
    "soup coffee tea water milk": "hot cold",
    "phone computer camera clock guitar piano": "new worn dear cheap heavy light black white big small",
    "ball flower umbrella toy": "red blue yellow white big small new wet dry cheap",
    "dog cat horse cow elephant rabbit": "big small black white wet dirty clean_q young old tired strong",
    "man woman doctor teacher singer farmer": "young old happy sad tall short tired strong",
}
STATES = {word: tuple(says.split()) for words, says in _STATES.items() for word in words.split()}

OUTDOOR = _ids(
    """outdoors park beach street garden forest river lake mountain snow field farm village stadium market bridge_place
    desert playground"""
)
INDOOR = _ids(
    """indoors kitchen school station hospital restaurant office bedroom library airport factory shop_place museum gym
    living_room stage"""
)
RELATIONS = {
    "on": ("table", "chair", "bed", "sofa", "car", "wall"),
    "under": ("table", "chair", "bed", "tree", "car", "sofa"),
    "behind": ("table", "sofa", "car", "house", "tree", "wall", "door"),
    "before": ("house", "car", "wall", "door", "tree", "sofa"),
    "beside": ("table", "chair", "bed", "sofa", "car", "house", "tree", "wall", "door"),
}
SPOTS = tuple(f"{relation}:{landmark}" for relation, marks in RELATIONS.items() for landmark in marks)
PLACES = (*OUTDOOR, *INDOOR)
WATERS = ("pool", "sea", "river_in")  # where one swims; nothing else happens there
COUNTRIES = _ids(
    """china france spain brazil india japan germany italy mexico egypt kenya vietnam indonesia russia turkey canada
    portugal argentina australia"""
)
# Where an action must be, when not just anywhere.
ACTION_PLACES = {
    "swim": WATERS, "surf": ("sea",), "ski": ("mountain", "snow", "outdoors"),
    "skate": ("park", "street", "gym", "playground"), "fly": OUTDOOR[:10],
    "fish": ("river", "lake", "beach", "village"),
    "drive": ("street", "mountain", "village", "desert", "farm", "outdoors", "bridge_place"),
    "ride": ("street", "park", "beach", "forest", "village", "mountain", "field", "outdoors", "desert"),
    "climb": ("park", "forest", "garden", "mountain", "playground", "gym"),
    "plant": ("garden", "park", "farm", "forest"),
    "football": ("park", "beach", "stadium", "field", "street", "gym", "school"),
    "basketball": ("gym", "park", "school"),
    "tennis": ("stadium", "park", "gym", "outdoors"), "shop": ("market", "shop_place", "village"),
    "cook": ("kitchen", "restaurant", "beach", "outdoors", "indoors", "school", "village"),
    "peel": ("kitchen", "restaurant", "indoors", "garden"), "cut": ("kitchen", "restaurant", "indoors", "garden"),
}  # fmt: skip
ANIMAL_PLACES = (*OUTDOOR, "indoors", "kitchen", "living_room", "bedroom")

TIME_SCALES = (
    ("morning", "afternoon", "evening", "night"), ("summer", "winter", "spring", "autumn"),
    ("sunday", "saturday", "weekday"), ("rain_time", "sun_time"),
)  # fmt: skip
NEWS_TIME_SCALES = (
    ("n_monday", "n_tuesday", "n_wednesday", "n_thursday", "n_friday"),
    ("last_week", "last_month", "last_year", "yesterday"), ("january", "march", "july", "october"),
)  # fmt: skip
DAY_TIMES = tuple(t for scale in TIME_SCALES for t in scale)
NEWS_TIMES = tuple(t for scale in NEWS_TIME_SCALES for t in scale)
TIMES = (*DAY_TIMES, *NEWS_TIMES)
MANNER_SCALES = (("alone", "with_friends", "with_family"), ("quickly", "slowly"), ("quietly", "loudly"), ("carefully",))
MANNERS = tuple(m for scale in MANNER_SCALES for m in scale)
_MANNERS_BY_GROUP = {
    "motion": "alone with_friends quickly slowly", "water": "alone with_friends quickly slowly",
    "sport": "alone with_friends with_family", "game": "with_friends with_family alone quietly",
    "rest": "alone quietly", "posture": "alone quietly with_friends", "art": "alone with_friends loudly",
    "voice": "with_friends with_family", "work": "alone quickly slowly carefully with_friends quietly",
    "meal": "alone with_friends with_family slowly quickly quietly",
    "kitchen": "quickly slowly carefully alone with_family",
    "clean": "quickly slowly carefully alone", "travel": "quickly slowly carefully alone with_friends",
    "reading": "alone quietly slowly carefully", "writing": "alone quickly carefully", "load": "slowly carefully alone",
    "hands": "quickly slowly carefully", "trade": "quickly with_family with_friends",
}  # fmt: skip
MANNERS_OF = {group: tuple(words.split()) for group, words in _MANNERS_BY_GROUP.items()}

QUANTITIES = _ids(
    """oil_price gold_price food_prices house_prices exports imports unemployment inflation sales profits shares rents
    wages taxes production debt population temperature tourism euro dollar traffic"""
)
CHANGES = ("rise", "fall", "stable", "change")
OUTCOMES = ("killed", "injured", "rescued", "evacuated")
VICTIMS = ("person", "child", "worker", "tourist", "soldier", "student", "firefighter", "woman")
_DEED_PAIRS = """sign_deal:refuse_deal open_factory:close_factory raise_prices:cut_prices accept_plan:reject_plan
win_election:lose_election win_prize:lose_prize buy_land:sell_land start_strike:end_strike publish_report:hide_report
cut_jobs:create_jobs start_talks:end_talks build_school:close_school approve_law:block_law send_aid:stop_aid"""
DEED_RIVAL = {}
for _pair in _DEED_PAIRS.split():
    _left, _right = _pair.split(":")
    DEED_RIVAL[_left], DEED_RIVAL[_right] = _right, _left
DEEDS = tuple(DEED_RIVAL)
DEALINGS = ("criticise", "support", "sue", "praise", "warn", "deceive")
DEALING_RIVAL = {
    "criticise": "praise", "praise": "criticise", "support": "sue", "sue": "support", "warn": "praise",
    "deceive": "support",
}  # fmt: skip
WEATHER = ("raining", "snowing", "sunny", "windy", "cloudy", "hot_day", "cold_day", "stormy")
WEATHER_RIVAL = {
    "raining": "sunny", "snowing": "hot_day", "sunny": "raining", "windy": "sunny", "cloudy": "sunny",
    "hot_day": "cold_day", "cold_day": "hot_day", "stormy": "sunny",
}  # fmt: skip


def kin(one: str, other: str) -> bool:
    """Whether one word is the other, or a kind of it at any remove."""
    return one == other or other in _above(one) or one in _above(other)


def _above(word: str) -> tuple[str, ...]:
    found: list[str] = []
    while word in HYPERNYM:
        word = HYPERNYM[word]
        found.append(word)
    return tuple(found)
