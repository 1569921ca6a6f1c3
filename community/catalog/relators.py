"""What people do for a work: relator codes of MARC, from words in many languages and from UNIMARC's numbers."""

import re
from functools import lru_cache

from community.catalog.folding import words

# MARC code: the words that cataloguers, and spreadsheets, use for it.
TERMS = """
aut author writer auth autore autrice författare förf autor autoare auteur autrice verfasser verfasserin verf by joint-author di
trl translator translated tr trans transl translation traduttore traduttrice traduzione trad översättare övers traducator traducator
trl traducere traducteur übersetzer übersetzerin übers traductor
ill illustrator illustrated illus illustratore illustratrice illustrazioni illustratör ilustrator illustrateur
edt editor edited ed eds curatore curatrice cur redaktör red redattore editeur-scientifique herausgeber herausgeberin hrsg editor-literary
edt ingrijitor
drt director directed film-director regista regia regissör regi regizor regia réalisateur regisseur regie
fmd film-director
cmp composer compositore compositrice musica kompositör tonsättare compozitor compositeur komponist comp
prf performer interpreter esecutore interprete artist artista framförd artiste interpret interpretin interpret band gruppo
sng singer vocalist cantante voce sångare sångerska cantaret chanteur sänger
act actor actress attore attrice skådespelare actor actrita acteur schauspieler cast with
cnd conductor direttore-d-orchestra dirigent dirijor chef-d-orchestre
nrt narrator reader read-by narratore narratrice lettore letto-da voce-narrante uppläsare inläsare uppl narator narateur sprecher erzähler
pro producer produttore producent producator producteur produzent
aus screenwriter scenarist screenplay sceneggiatore sceneggiatura manus manusförfattare scénariste drehbuchautor author-of-screenplay
cre creator ideatore skapare creator urheber
lyr lyricist paroliere lyrics textförfattare
lbt librettist librettista
pht photographer fotografo fotograf photographe
art artist-visual pittore disegnatore disegni tecknare desenator dessinateur zeichner
arr arranger arrangiatore arrangör aranjor
aui author-of-introduction introduzione introduction introduttore inledning introducere einleitung intr intro
aft author-of-afterword postfazione afterword efterord nachwort postface
wpr author-of-preface prefazione preface förord prefata vorwort foreword pref
com compiler compiled compilatore sammanställare
adp adapter adapted adattamento adattatore bearbetare adaptare adaptation bearbeiter
clr colorist colorista färgläggare
inv inventor game-designer
dsr designer game-design grafico formgivare
pbl publisher editore förlag editura
prt printer stampatore tipografo tryckare
his host-institution
isb issuing-body
spn sponsor
org originator
ctb contributor collaboratore medarbetare colaborator mitwirkender beteiligt
cst costume-designer
cng cinematographer direttore-della-fotografia fotografia
flm film-editor montaggio klippning
ive interviewee intervistato
ivr interviewer intervistatore
dte dedicatee dedicatario
ths thesis-advisor relatore
fmo former-owner possessore
"""

# UNIMARC's codes (appendix C of its manual) and the MARC code for the same.
UNIMARC = {
    "005": "act", "010": "adp", "020": "ann", "030": "arr", "040": "art", "050": "asg", "060": "asn", "065": "auc", "070": "aut",
    "072": "aqt", "075": "aft", "080": "aui", "090": "aud", "100": "ant", "110": "bnd", "120": "bdd", "140": "bkd", "160": "bsl",
    "180": "ctg", "190": "chr", "200": "chr", "205": "clb", "207": "cmt", "210": "cmm", "212": "cwt", "220": "com", "230": "cmp",
    "233": "cmp", "240": "cmt", "245": "cre", "250": "cnd", "255": "csl", "260": "cph", "270": "crr", "273": "cur", "275": "dnc",
    "280": "dte", "290": "dto", "295": "dgg", "300": "drt", "305": "dis", "310": "dst", "320": "dnr", "330": "dub", "340": "edt",
    "350": "egr", "360": "etr", "365": "exp", "370": "flm", "380": "frg", "390": "fmo", "400": "fnd", "410": "grt", "420": "hnr",
    "430": "ilu", "440": "ill", "450": "ins", "460": "ive", "470": "ivr", "480": "lbt", "490": "lse", "500": "lso", "510": "ltg",
    "520": "lyr", "530": "mte", "540": "mon", "545": "mus", "550": "nrt", "555": "opn", "557": "orm", "560": "org", "570": "oth",
    "580": "ppm", "590": "prf", "600": "pht", "610": "prt", "620": "pop", "630": "pro", "632": "prd", "635": "prg", "637": "pmn",
    "640": "pfr", "650": "pbl", "651": "pbd", "660": "rcp", "665": "rce", "670": "rcd", "673": "rth", "675": "rev", "677": "rtm",
    "680": "rbr", "690": "aus", "695": "sad", "700": "scr", "705": "scl", "710": "sec", "720": "sgn", "721": "sng", "723": "spn",
    "725": "stn", "727": "ths", "730": "trl", "740": "tyd", "750": "tyg", "755": "sng", "760": "wde", "770": "wam",
}  # fmt: skip

CODE = re.compile(r"(?:^|/)([a-z]{3})$")


def _read_terms() -> dict[str, str]:
    """Folded words to codes; the first line that names a word has it."""
    codes: dict[str, str] = {}
    for line in TERMS.strip().splitlines():
        code, *terms = line.split()
        for term in (code, *terms):
            codes.setdefault(words(term.replace("-", " ")), code)
    return codes


CODES = _read_terms()


@lru_cache(4096)
def role(text: str) -> str:
    """The MARC relator code for a code, an address of one, a UNIMARC number or a word; empty for what we do not know.

    >>> role("author."), role("traduzione di"), role("070"), role("relators/drt"), role("övers."), role("xyzzy")
    ('aut', 'trl', 'aut', 'drt', 'trl', '')
    """
    text = text.strip().lower()
    if text in UNIMARC:
        return UNIMARC[text]
    folded = words(text)
    if code := CODES.get(folded):
        return code
    for tail in (" by", " of", " di", " da", " de", " av", " von", " par"):
        if folded.endswith(tail) and (code := CODES.get(folded.removesuffix(tail))):
            return code
    if match := CODE.search(text):
        return match.group(1)
    first = folded.split(" ")[0]
    return CODES.get(first, "") if len(first) > 3 else ""
