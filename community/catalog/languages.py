"""Languages as catalogues write them (ISO 639-2/B), and the articles that titles begin with."""

import re

from community.catalog.folding import fold

# bibliographic code: two-letter code, then names in English, Italian, Swedish, Romanian and the language's own.
TABLE = """
afr af afrikaans|alb sq albanian albanese albanska albaneza shqip|ara ar arabic arabo arabiska araba
arm hy armenian armeno armeniska|aze az azerbaijani azero|baq eu basque basco baskiska euskara
bel be belarusian bielorusso vitryska|ben bn bengali bengalese|bos bs bosnian bosniaco bosniska bosanski
bul bg bulgarian bulgaro bulgariska bulgara|cat ca catalan catalano katalanska catalana català
chi zh chinese cinese kinesiska chineza|cze cs czech ceco tjeckiska ceha čeština|dan da danish danese danska daneza dansk
dut nl dutch olandese nederlandese nederländska olandeza nederlands|egy - egyptian|eng en english inglese engelska engleza
epo eo esperanto|est et estonian estone estniska estona eesti|fao fo faroese faroese färöiska
fin fi finnish finlandese finska finlandeza suomi|fre fr french francese franska franceza français
gae ga irish irlandese iriska gaeilge|gle ga irish irlandese iriska gaeilge|gla gd gaelic gaelico|glg gl galician galiziano galego
geo ka georgian georgiano georgiska|ger de german tedesco tyska germana deutsch|gre el greek greco grekiska greaca
grc - ancient-greek greco-antico|heb he hebrew ebraico hebreiska ebraica|hin hi hindi
hrv hr croatian croato kroatiska croata hrvatski|hun hu hungarian ungherese ungerska maghiara magyar
ice is icelandic islandese isländska islandeza íslenska|ind id indonesian indonesiano|ita it italian italiano italienska italiana
jpn ja japanese giapponese japanska japoneza|kaz kk kazakh kazako|kor ko korean coreano koreanska coreeana
kur ku kurdish curdo kurdiska kurda|lad - ladino|lat la latin latino latina|lav lv latvian lettone lettiska
lit lt lithuanian lituano litauiska|ltz lb luxembourgish|mac mk macedonian macedone makedonska macedoneana|may ms malay malese
mlt mt maltese maltesiska|mol ro moldavian|mul - multilingual multilingue|nap - neapolitan napoletano
nor no norwegian norvegese norska norvegiana norsk|nob nb bokmål|nno nn nynorsk|oci oc occitan occitano
per fa persian persiano persiska persana farsi|pol pl polish polacco polska poloneza polski
por pt portuguese portoghese portugisiska portugheza português|roh rm romansh romancio|rom - romani romanes
rum ro romanian romeno rumeno rumänska romana română|rus ru russian russo ryska rusa|san sa sanskrit sanscrito
srd sc sardinian sardo|scn - sicilian siciliano|slo sk slovak slovacco slovakiska slovaca
slv sl slovenian sloveno slovenska slovena|sma - sydsamiska|sme se sami samiska|som so somali somalo somaliska
spa es spanish spagnolo spanska spaniola español castellano|srp sr serbian serbo serbiska sarba|swa sw swahili
swe sv swedish svedese svenska suedeza|tam ta tamil|tat tt tatar|tgl tl tagalog|tha th thai thailandese thailändska
tib bo tibetan tibetano|tir ti tigrinya|tur tr turkish turco turkiska turca türkçe|ukr uk ukrainian ucraino ukrainska ucraineana
urd ur urdu|vie vi vietnamese vietnamita vietnamesiska|wel cy welsh gallese|yid yi yiddish jiddisch|zul zu zulu
"""

# Codes of other times and other standards.
OTHERS = {
    "sqi": "alb", "hye": "arm", "eus": "baq", "zho": "chi", "ces": "cze", "nld": "dut", "fra": "fre", "kat": "geo", "deu": "ger",
    "ell": "gre", "isl": "ice", "mkd": "mac", "msa": "may", "fas": "per", "ron": "rum", "slk": "slo", "bod": "tib", "cym": "wel",
    "scr": "hrv", "scc": "srp", "gag": "glg", "lap": "smi", "esp": "epo", "iri": "gle", "gae": "gle", "far": "fao", "mla": "mlg",
    "tag": "tgl", "cam": "khm", "cmn": "chi", "mol": "rum",
}  # fmt: skip
NOTHING = frozenset(("und", "zxx", "mis", "n/a", "xxx", "   ", "|||"))
CODE = re.compile(r"^[a-z]{3}$")

ARTICLES = {
    "eng": "the a an", "ita": "il lo la i gli le l' un uno una un'", "fre": "le la les l' un une des",
    "ger": "der die das ein eine", "spa": "el la los las un una lo", "por": "o a os as um uma", "cat": "el la els les l' un una",
    "swe": "en ett den det de", "dan": "en et den det de", "nor": "en et ei den det de", "dut": "de het een 't",
    "rum": "un o niște", "hun": "a az egy", "glg": "o a os as",
}  # fmt: skip


def _read_table() -> tuple[dict[str, str], dict[str, str]]:
    """Names and two-letter codes to bibliographic codes; bibliographic codes to two-letter ones."""
    codes: dict[str, str] = {}
    short: dict[str, str] = {}
    for entry in re.split(r"[|\n]", TABLE.strip()):
        code, two, *names = entry.split()
        code = OTHERS.get(code, code)
        codes[code] = code
        if two != "-":
            codes.setdefault(two, code)
            short[code] = two
        for name in names:
            codes.setdefault(fold(name.replace("-", " ")), code)
    return {**codes, **OTHERS}, short


CODES, TWO_LETTERS = _read_table()
ENGLISH: dict[str, str] = {
    OTHERS.get(entry.split()[0], entry.split()[0]): entry.split()[2].replace("-", " ").title()
    for entry in re.split(r"[|\n]", TABLE.strip())
}


def english_name(code: str) -> str:
    """What English calls a language of the table; the code itself for one that is not there.

    >>> english_name("cze"), english_name("qqq")
    ('Czech', 'qqq')
    """
    return ENGLISH.get(code, code)


def language(text: str) -> str | None:
    """The ISO 639-2/B code for a code or a name, None for what names no language.

    >>> language("it"), language("Italiano"), language("fra"), language("swe"), language("English"), language("und")
    ('ita', 'ita', 'fre', 'swe', 'eng', None)
    """
    word = text.strip().lower()
    if word in NOTHING or not word:
        return None
    if code := CODES.get(word) or CODES.get(fold(word)) or CODES.get(word.split("-")[0] if len(word) == 5 else ""):
        return code
    return word if CODE.match(word) else None


def article_length(title: str, languages: tuple[str, ...]) -> int:
    """How many characters the leading article of a title takes, 0 if there is none in these languages.

    >>> article_length("The whale", ("eng",)), article_length("L'isola", ("ita",)), article_length("Die hard", ("eng",))
    (4, 2, 0)
    """
    for code in languages:
        pattern = PATTERNS.get(code)
        if pattern and (found := pattern.match(title)):
            return found.end()
    return 0


def without_article(title: str) -> str:
    """A title without the leading article of any language we know: for keys, which must not depend on a record's language.

    >>> without_article("Il barone rampante"), without_article("Die hard"), without_article("I, robot"), without_article("The")
    ('barone rampante', 'hard', 'I, robot', 'The')
    """
    found = ANY_ARTICLE.match(title)
    return title[found.end() :] if found else title


def _compile(listed: str) -> re.Pattern[str]:
    """One pattern for the articles of a language: whole words with a space behind, elided ones without."""
    whole = "|".join(re.escape(word) for word in listed.split() if not word.endswith("'"))
    elided = "|".join(re.escape(word[:-1]) for word in listed.split() if word.endswith("'"))
    apostrophe = f"|(?:{elided})['’]\\s*(?=\\w)" if elided else ""
    return re.compile(rf"""["“«'‘¿¡\[]*(?:(?:{whole})\s+(?=\S){apostrophe})""", re.IGNORECASE)


PATTERNS = {code: _compile(listed) for code, listed in ARTICLES.items()}
ANY_ARTICLE = _compile(" ".join(dict.fromkeys(" ".join(ARTICLES.values()).split())))
