"""What people write under an event, and whether they come."""

import pytest

from community.posts import coming_words

COME = """
I'm coming!|@library I'm coming|I’m coming, thanks!|Count me in 🎉|coming|Yes, I'm coming|I'd like to come please
I'm going!|See you there|I want to come, please|Hi! I'll be there.|Sign me up|I'm in!
Vengo!|Ci vengo|Vengo anch'io|Ciao, ci sarò|Partecipo volentieri, grazie|Sì, vengo|Mi iscrivo
@biblioteca@tonnara.example vengo, grazie|Vengo volentieri|Vorrei partecipare, grazie|Ci sarò anch’io!|Sarò presente
Vin!|Vin și eu|Voi veni|Particip, mulțumesc|Mă înscriu|Aș vrea să vin|Da, vin|Voi fi acolo|Vreau să vin, vă rog|Contați pe mine
Jag kommer!|Kommer gärna|Jag är med|Hej, jag kommer|Jag deltar, tack|Anmäl mig|Skriv upp mig|Ja, jag kommer|Räkna med mig!|Vi ses där
Jag tänker komma
"""
STAY = """
I'm not coming|Sorry, I can't make it|I cannot come, unfortunately|not coming|Count me out|I won't be there|I'm not going
I won't make it, sorry
Non vengo|Purtroppo non posso venire|Non ci sarò, mi dispiace|Devo disdire|Scusate, non vengo|Non ce la faccio, purtroppo|Devo rinunciare
Nu vin|Din păcate nu pot veni|Nu mai vin, îmi pare rău|Nu particip|Nu voi veni|Din păcate nu mai pot veni
Jag kommer inte|Tyvärr kan inte komma|Kan inte komma, tyvärr|Avanmäl mig|Jag kommer tyvärr inte|Tyvärr, jag har fått förhinder
Jag kan inte vara med
"""
TALK = """
Is anybody coming?|Who is coming?|I'm coming from Ostrava, is there parking|My sister is coming, I am not sure|coming soon
Winter is coming|I'm going to read it first|See you there, said the whale|I want to come but I do not know yet
I am coming to think that this author is overrated|I would like to know more|The author was in our town last year|Great!|Thanks!
No|Yes|👍
Vengo da Bari, c'è un treno?|Chi viene?|Vengono anche i bambini?|Non so se vengo|Forse vengo|Ci sono posti?|Vorrei partecipare ma non so
Sarò presente solo se piove|Che bello
Vengo a sapere ora di questo
Vin roșu|Cine vine?|Nu știu dacă vin|Poate vin|Vinul a fost bun|Mulțumesc
Kommer ni?|Jag kommer kanske|Jag kommer ihåg den boken|Kommer författaren?|Jag kommer från Lund|Hur många är med?|Tack
It says that I'm coming but I never signed up for this evening, could somebody please have a look at the list and tell me
I'm coming #not really
"""


def lines(table: str) -> list[str]:
    return [said for line in table.strip().splitlines() for said in line.split("|")]


@pytest.mark.parametrize(
    ("said", "expected"),
    [*((said, True) for said in lines(COME)), *((said, False) for said in lines(STAY)), *((said, None) for said in lines(TALK))],
)
def test_only_those_come_who_say_so_and_nothing_else(said: str, expected: bool | None) -> None:
    assert coming_words.read(said) is expected
