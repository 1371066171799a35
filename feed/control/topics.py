"""What belongs to a topic: English words by which films about it are called. Wishes reach further by them.

Small on purpose, and by hand: what a word here stands for can be read, corrected and explained. A word may belong to
several topics. Moods are made of topics.
"""

_TOPICS = {
    "cooking": "cook recipe kitchen chef food baking bake dish dinner meal foodie",
    "baking": "bake bread cake cookie pastry sourdough dough",
    "food": "foodie dish meal dinner lunch breakfast snack restaurant streetfood recipe cooking",
    "politics": "political politician election vote government parliament senate president congress",
    "news": "headline breaking journalist report politics",
    "sports": "sport football soccer basketball tennis baseball hockey athlete match goal league olympics running",
    "football": "soccer goal league striker penalty worldcup",
    "fitness": "gym workout exercise muscle lifting pushup yoga pilates",
    "dance": "dancing dancer choreography choreo ballet salsa hiphop tango",
    "music": "song singer band guitar piano melody concert cover album drums",
    "jazz": "saxophone swing bebop bigband",
    "comedy": "funny joke humor humour laugh standup sketch parody hilarious meme",
    "pranks": "prank pranked gotcha",
    "cats": "cat kitten kitty feline meow",
    "dogs": "dog puppy pup doggo canine",
    "animals": "animal pet wildlife cat dog bird horse kitten puppy zoo",
    "nature": "forest mountain river ocean lake tree landscape wildlife sunset hiking",
    "travel": "trip journey vacation holiday tourist backpacking roadtrip destination",
    "surfing": "surf surfer wave surfboard",
    "fashion": "outfit style dress clothes ootd streetwear",
    "makeup": "beauty lipstick mascara skincare cosmetics eyeliner",
    "gaming": "game gamer gameplay videogame esports console speedrun",
    "chess": "checkmate grandmaster gambit",
    "science": "physics chemistry biology experiment scientist astronomy",
    "space": "astronomy planet rocket nasa galaxy star moon telescope",
    "technology": "tech gadget computer software programming coding robot",
    "programming": "coding code developer software python",
    "education": "learn lesson tutorial explain teacher school study howto",
    "art": "painting drawing draw sketch artist paint sculpture illustration watercolor",
    "diy": "crafts handmade build woodworking howto upcycling knitting sewing",
    "woodworking": "wood carpenter carpentry joinery lathe",
    "gardening": "garden plant flower vegetable seedling compost",
    "cars": "car drift motor engine racing supercar motorcycle",
    "horror": "scary creepy ghost haunted jumpscare",
    "religion": "church prayer god faith bible",
    "gossip": "celebrity scandal drama rumor rumour",
    "advertising": "ad ads advert sponsored promo discount giveaway",
    "relaxation": "relax relaxing calm meditation asmr breathing soothing ambient slow",
    "history": "ancient medieval museum archaeology empire",
    "books": "book reading novel author library poetry poem",
    "parenting": "baby toddler parent mom dad newborn",
    "money": "finance investing stocks crypto bitcoin economy",
}
TOPICS: dict[str, frozenset[str]] = {name: frozenset(words.split()) for name, words in _TOPICS.items()}
ALIASES = {
    "cookery": "cooking", "recipes": "cooking", "funny": "comedy", "humor": "comedy", "humour": "comedy",
    "soccer": "football", "pets": "animals", "gym": "fitness", "workouts": "fitness", "beauty": "makeup",
    "games": "gaming", "tech": "technology", "coding": "programming", "learning": "education", "crafts": "diy",
    "ads": "advertising", "elections": "politics", "kittens": "cats", "puppies": "dogs", "dancing": "dance",
}  # fmt: skip

# What a mood asks more of, and less of.
MOODS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "calm": (("relaxation", "nature", "art"), ("politics", "horror", "pranks", "news")),
    "laugh": (("comedy", "animals"), ("politics", "news")),
    "learn": (("education", "science", "history"), ("pranks", "gossip")),
    "energy": (("music", "dance", "sports"), ("relaxation",)),
    "make": (("diy", "art", "cooking"), ("gossip",)),
}
