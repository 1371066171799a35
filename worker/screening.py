"""Screening of prompts: which categories a wish touches, by the words in it.

A plain word list, in English: it misses paraphrase and other languages, and finds a category where a word is used
innocently. That is the right way round, for a category only ever denies. The people depicted have their own text rules
beside it, and reviews.
"""

import re

from consent.rules import Category, plain

WORDS: dict[Category, str] = {
    Category.SEXUAL: r"nude|naked|topless|sex\w*|porn\w*|erotic\w*|lingerie|fetish\w*|strip(?:s|ping|tease)",
    Category.VIOLENCE: r"kill\w*|murder\w*|stab\w*|shoot\w*|guns?|blood\w*|behead\w*|tortur\w*|bomb\w*|corpse\w*",
    Category.POLITICS: r"politic\w*|elections?|vot(?:es?|ers?|ing)|president\w*|senators?|parliament|campaign\w*",
    Category.RELIGION: r"jesus|allah|mohammed|muhammad|bible|quran|koran|church|mosque|synagogue|pray(?:s|ing|ers?)?",
    Category.ADVERTISING: r"advert\w*|endors\w*|sponsor\w*|discount|promo(?:tes|ting|tion)?|buy now|commercial for",
    Category.HUMILIATION: r"humiliat\w*|pregnan\w*|inflat(?:ed|ion)|giantess|diaper\w*|feet|farting|vomit\w*|mock\w*",
    Category.DRUGS: r"drug|drugs|cocaine|heroin|meth|weed|cannabis|drunk\w*|smoking",
    Category.CRIME: r"steal\w*|rob(?:s|bing|bery)?|shoplift\w*|arrest\w*|prison\w*|fraud\w*|burglar\w*",
    Category.MEDICAL: r"surgery|hospital\w*|cancer|disease\w*|vaccin\w*|diagnos\w*",
}
PATTERNS = {category: re.compile(rf"\b(?:{words})\b") for category, words in WORDS.items()}


def categories(prompt: str) -> frozenset[Category]:
    """Return the categories whose words ``prompt`` has."""
    text = plain(prompt)
    return frozenset(category for category, pattern in PATTERNS.items() if pattern.search(text))
