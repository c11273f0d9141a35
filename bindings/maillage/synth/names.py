"""Invented names that sound French: communes, rivers, districts, départements."""

from __future__ import annotations

import numpy as np

from maillage.synth.draws import Draws


def _words(text: str) -> list[str]:
    return text.split()


_ROOTS: list[str] = _words("""
Alb Arb Arvi Aub Aur Bar Bass Bel Ber Bess Boni Bour Brac Bran Bress Cabr Cal Cam Cant Car Cass
Cau Cav Chal Cham Char Chav Clair Cour Crès Dam Dor Escan Esp Fau Fer Flav Font Fra Gab Gal Gar
Gen Gin Gour Gran Guer Jav Jou Jul Lab Lam Lar Lau Lav Lim Liss Lor Lou Lur Mab Mag Mal Mar Mau
May Mess Mira Mol Mont Mor Mour Nan Nar Nav Ner Noir Or Oris Pal Par Pel Per Pey Pin Plan Pom Pour
Prad Pui Quer Ram Rav Ria Roc Ros Rouv Sab Sal Sar Sauv Sav Ser Sol Sor Tar Tau Ter Tor Tour Trav
Val Var Vau Ven Ver Vic Vill Viv Vol
""")
_ENDINGS: list[str] = _words("""
ac agne aguet aines ais an anges ans argues as at aux ay azelles ejols els ence enne erac eraie
eres ergues erolles esse et ette euil euve iac iat iergues ières ieux igny illac ille illy ines
ingues iers is oire olles onne onnes onges ouls ours ousse oux uc uéjouls uges urières court
fontaine bois champ
""")
_SAINTS: list[str] = _words("""
Amans Aubin Avit Bauzile Bénigne Blaise Céneri Chély Cirgues Clair Côme Didier Elme Eusèbe Fargeau
Flour Fortunat Gal Gengoux Geniès Georges Gervais Gilles Haon Hilaire Ilpize Jal Jory Juéry Julien
Lager Laurent Léger Léons Loup Lumine Mandé Marcet Martial Maurin Médard Mesmin Nazaire Nectaire
Ours Pal Paterne Paulien Priest Privat Projet Rémy Rirand Romain Sandoux Saturnin Savin Sernin
Sévère Silvain Sorlin Symphorien Thibéry Urcize Vaury Vérand Victor Vit Yorre Ythaire
""")
_SAINTES: list[str] = _words("""
Alvère Aurence Croix Enimie Eulalie Florine Foy Gemme Juliette Livrade Marie Radegonde
""")
_PLACES: list[str] = _words("""
la-Forêt les-Bains le-Haut le-Bas les-Mines sous-Bois la-Plaine les-Étangs le-Vieux la-Tour
les-Prés le-Château la-Roche les-Granges le-Franc la-Montagne l'Abbaye les-Moulins la-Bastide
le-Désert la-Chapelle les-Vignes le-Camp la-Grange
""")
RIVERS: list[str] = _words("""
Verdanne Orbise Sauvelle Aurenne Lisonne Brévelle Couzance Dorlange Erzance Fauvanne Galise
Hurlande Jarenne Lavance Morvelle Noiraigue Oulette Prézance Rivolle Sernelle Tarnance Ussone
Varelle Yvrande Cendronne Bourlanne
""")
_VALLEY = "Combe-Noire"
_VOWELS = "aeiouyéèê"
_ISLANDS = ["Rouvran", "Hersay", "Belguen", "Ornoat", "Sézic", "Port-Cormel"]
_DEPARTEMENT_FORMS = ["{0}", "Haute-{0}", "Basse-{0}", "{0}-Maritime", "Val-de-{0}"]
# Codes in use in France, those of Corsica with their letters.
DEPARTEMENT_CODES = [f"{n:02d}" for n in range(1, 20)] + ["2A", "2B"]
DEPARTEMENT_CODES += [f"{n:02d}" for n in range(21, 96)]


def build_commune_names(n: int, n_valley: int, n_islands: int, draws: Draws) -> list[str]:
    """Distinct names of n communes; those in the valley, then on the islands, are the last ones."""
    kind = draws.fork("kind").uniform(np.arange(n))
    bits = draws.fork("words").bits(np.arange(n))
    taken: set[str] = set()
    names: list[str] = []
    for index in range(n):
        special = index - (n - n_valley - n_islands)
        if special >= n_valley:
            island = _ISLANDS[(special - n_valley) % len(_ISLANDS)]
            base = f"Île-d'{island}" if island[0] in "AEIOU" else f"Île-de-{island}"
        else:
            base = _plain_name(float(kind[index]), int(bits[index]))
        if 0 <= special < n_valley:
            words = base.split("-")
            base = "-".join(words[: 1 + words[0].startswith("Saint")]) + f"-en-{_VALLEY}"
        names.append(_distinct(base, int(bits[index]), taken))
        taken.add(names[-1])
    return names


def _plain_name(kind: float, bits: int) -> str:
    if kind < 0.2:
        saint = _SAINTS[bits % len(_SAINTS)]
        name = f"Saint-{saint}"
    elif kind < 0.24:
        name = f"Sainte-{_SAINTES[bits % len(_SAINTES)]}"
    else:
        name = _join(_ROOTS[bits % len(_ROOTS)], _ENDINGS[(bits >> 12) % len(_ENDINGS)])
    extra = (bits >> 24) % 100
    if kind < 0.24 or extra < 14:
        if extra < 45:
            return f"{name}-{_PLACES[(bits >> 32) % len(_PLACES)]}"
        if extra < 72:
            return f"{name}-{_river_suffix((bits >> 32) % len(RIVERS))}"
    return name


def _join(root: str, ending: str) -> str:
    """Root and ending with a sound between where two vowels or hard consonants would meet."""
    if root[-1] in _VOWELS and ending[0] in _VOWELS:
        return f"{root}r{ending}"
    if ending[0] not in _VOWELS and root[-1] not in _VOWELS + "lnr":
        return f"{root}e{ending}"
    return root + ending


def _river_suffix(number: int) -> str:
    river = RIVERS[number]
    return f"sur-{river}" if river[0] not in "AEOUY" else f"sur-l'{river}"


def _distinct(base: str, bits: int, taken: set[str]) -> str:
    """The name, or the name with something behind it that makes it differ."""
    if base not in taken:
        return base
    for turn in range(len(RIVERS) if "-" not in base else 0):
        name = f"{base}-{_river_suffix((bits + turn) % len(RIVERS))}"
        if name not in taken:
            return name
    for turn in range(len(_ROOTS) * len(_ENDINGS)):
        number = bits + turn
        place = _join(_ROOTS[number % len(_ROOTS)], _ENDINGS[(number >> 8) % len(_ENDINGS)])
        name = f"{base}-lès-{place}"
        if name not in taken:
            return name
    raise AssertionError("more communes than names")


def departement_name(number: int) -> str:
    """Name of the n-th département: after a river, as most are; 130 names."""
    number %= len(RIVERS) * len(_DEPARTEMENT_FORMS)
    return _DEPARTEMENT_FORMS[number // len(RIVERS)].format(RIVERS[number % len(RIVERS)])


def district_name(town: str, persons: float) -> str:
    """Name of the group of communes (EPCI) around a town."""
    if persons >= 15_000:
        return f"CA {town} Agglomération"
    if town.startswith("Île"):
        return f"CC de l'{town}"
    return f"CC du Pays d'{town}" if town[0] in "AEIOUYÉ" else f"CC du Pays de {town}"
