"""“I'm coming”, said under an event in any of our languages: what counts, and what is plain talk.

An answer counts when it is short and says nothing else, apart from politeness. Doubt is plain talk: nobody is put on a list by mistake.
"""

import re
import unicodedata

# Phrases in English, Italian, Romanian and Swedish, without accents and signs, between bars.
YES_TABLE = """
i m coming|i am coming|im coming|coming|i ll come|i will come|i ll be there|i will be there|i d like to come|i would like to come
count me in|im in|i m in|sign me up|i will attend|attending|i m going|i am going|i ll attend|i want to come|see you there|yes i m coming
yes i am coming
vengo|ci vengo|vengo anch io|ci sono|ci saro|io ci sono|partecipo|verro|vorrei venire|vengo volentieri|si vengo|mi iscrivo
conta su di me|contate su di me|vorrei partecipare|vorrei venirci|ci vediamo li|saro presente|ci saro anch io|partecipo anch io
voglio venire
vin|vin si eu|voi veni|o sa vin|particip|voi participa|ma inscriu|as vrea sa vin|da vin|si eu vin|ajung|voi fi acolo|voi fi prezent
voi fi prezenta|vreau sa vin|ma inscriu si eu|contati pe mine
jag kommer|kommer|jag kommer garna|kommer garna|jag ar med|ar med|jag deltar|deltar|jag vill komma|anmal mig|skriv upp mig
ja jag kommer|jag hanger pa|jag tanker komma|raknar med mig|rakna med mig|vi ses dar|jag vill garna komma|jag kommer dit
"""
NO_TABLE = """
i m not coming|i am not coming|im not coming|not coming|i can t come|i cannot come|i cant come|i can t make it|i cannot make it
i cant make it|i won t make it|i can not come|i m not going|i am not going|i won t come|i will not come|i won t be there|count me out
sign me off|i have to cancel
non vengo|non posso venire|non ci saro|non ci sono|non riesco a venire|non partecipo|disdico|devo disdire|non ce la faccio
non posso partecipare|devo rinunciare|non vengo piu
nu vin|nu pot veni|nu mai vin|nu particip|nu pot ajunge|nu ajung|renunt|nu voi veni|nu pot participa|nu mai pot veni|nu mai ajung
jag kommer inte|kommer inte|jag kan inte komma|kan inte komma|jag maste stalla in|jag deltar inte|deltar inte|avanmal mig
jag far forhinder|jag har fatt forhinder|jag kan inte vara med|jag ar inte med
jag kommer tyvarr inte
"""
POLITE_TABLE = """
hi hello hey gladly thanks thank you please sorry unfortunately yes ok okay great
ciao grazie volentieri salve buongiorno purtroppo scusate mi dispiace si
buna cu drag placere multumesc mersi va rog din pacate da imi pare rau
hej tack tyvarr ja garna
"""


def _phrases(table: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.split()) for phrase in re.split(r"[|\n]", table.strip()))


YES, NO, POLITE = _phrases(YES_TABLE), _phrases(NO_TABLE), frozenset(POLITE_TABLE.split())
LONGEST = 80  # characters: who writes more, tells something
_MENTION = re.compile(r"@[\w.-]+(?:@[\w.:-]+)?|#\w+|https?://\S+")
_SIGNS = re.compile(r"[^a-z0-9 ]+")


def read(plain: str) -> bool | None:
    """True: they come. False: they do not. None: it says something else.

    >>> read("@library I'm coming!"), read("Non posso venire, mi dispiace"), read("Kommer gärna 🎉"), read("Nu vin.")
    (True, False, True, False)
    >>> read("Is anybody coming?"), read("My sister is coming, I am not sure"), read("coming soon to a library near you")
    (None, None, None)
    """
    said = _MENTION.sub(" ", plain)
    if len(said.strip()) > LONGEST or "?" in said:
        return None
    said = said.replace("’", "'").replace("ß", "ss")
    folded = "".join(sign for sign in unicodedata.normalize("NFKD", said.casefold()) if not unicodedata.combining(sign))
    words = _SIGNS.sub(" ", folded).split()
    for phrases, answer in ((NO, False), (YES, True)):
        if any(_is(tuple(words), phrase) for phrase in phrases):
            return answer
    return None


def _is(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    """Whether the words are the phrase, with politeness around it."""
    for start in range(len(words) - len(phrase) + 1):
        around = [*words[:start], *words[start + len(phrase) :]]
        if words[start : start + len(phrase)] == phrase and POLITE.issuperset(around):
            return True
    return False
