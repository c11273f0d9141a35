"""Which channel people choose: a multinomial logit with availability, calibrated on the nation.

    V(counter j) = a_counter - beta (minutes to j + w x waiting at j)
    V(counters)  = max over j of V(counter j); of the visits, exp(V(j)) / sum of exp(V(i)) go to j
    V(phone) = a_phone + ln(reach of the line / reach of the nation's)
    V(online alone), V(online helped), V(mail), V(renounce) = constants; renounce is 0

Who is autonomous may do all of it; who needs help goes online only with a helper, whom the share
`channel.helper_share` has; who cannot never goes online. Shares are exp(V) over the sum of what is
available (McFadden 1974). The constants are those for which the nation chooses as published.

Whether to go to a counter and to which one are two choices, a nest (McFadden 1978). The nest weighs
as its best counter, the limit of the inclusive value theta ln sum exp(V(j) / theta) for close
substitutes; visits within it follow Huff (1964). A plain logsum counts every counter as one more
channel, so that visits would grow with the number of counters looked at. Of the forms that do not
(k equal counters weigh as one) this is the only one in which one more counter never takes weight
from the nest: with a second counter that is worse the nest must lie between one counter and two
equal ones, which are the same. It is also what the constants are calibrated on: one counter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.errors import InputError
from maillage.parameter_book import ParameterBook, read_book

CHANNELS = ("counter", "phone", "online_alone", "online_helped", "mail", "renounce")
NATIONAL_REACH = 0.5  # of calls, all operators: the reference of the phone's utility
_ROUNDS = 500


@dataclass(frozen=True)
class ChannelModel:
    """Constants by channel (renounce is 0), and what minutes weigh."""

    constants: dict[str, float]
    beta_time: float
    wait_weight: float
    helper_share: float
    phone_reach: float

    def find_phone(self) -> float:
        """Utility of the phone: -inf for a line that nobody reaches."""
        if self.phone_reach <= 0:
            return -np.inf
        return self.constants["phone"] + float(np.log(self.phone_reach / NATIONAL_REACH))

    def find_counter_weights(self, minutes: np.ndarray, wait: np.ndarray) -> np.ndarray:
        """Weights of counters beside those of other channels: n x k, 0 where minutes are inf.

        They sum to exp(V) of the best counter of each row, in proportion to exp(V) of each.
        """
        utility = self.constants["counter"] - self.beta_time * (minutes + self.wait_weight * wait)
        best = utility.max(axis=1, keepdims=True)
        share = np.exp(utility - np.where(np.isfinite(best), best, 0.0))
        total = share.sum(axis=1, keepdims=True)
        return np.exp(best) * np.divide(share, total, out=np.zeros_like(share), where=total > 0)

    def find_available(self) -> list[tuple[str, float, dict[str, float]]]:
        """Who has which channels beside the counter: ability, its share, utilities."""
        c = self.constants
        plain = {"phone": self.find_phone(), "mail": c["mail"], "renounce": 0.0}
        helped = {**plain, "online_helped": c["online_helped"]}
        return [
            ("autonomous", 1.0, {**helped, "online_alone": c["online_alone"]}),
            ("needs_help", self.helper_share, helped),
            ("needs_help", 1 - self.helper_share, plain),
            ("cannot", 1.0, plain),
        ]


def find_national_shares(book: ParameterBook) -> dict[str, float]:
    """What the nation chooses, from INSEE Focus 267 and CREDOC.

    Online is the share who did a procedure so, of it the share somebody helped with; 8 % renounce;
    counter and mail are as preferred by those who went online for none; the phone is the rest.
    """
    online, lost = book.value("national.online"), book.value("national.renunciation")
    others = 1 - online
    helped = online * book.value("national.helped_of_users")
    counter = others * book.value("national.counter_of_others")
    mail = others * book.value("national.mail_of_others")
    shares = {
        "counter": counter,
        "online_alone": online - helped,
        "online_helped": helped,
        "mail": mail,
        "renounce": lost,
    }
    shares["phone"] = 1 - sum(shares.values())
    if min(shares.values()) <= 0:
        said = ", ".join(f"{channel} {share:.3f}" for channel, share in shares.items())
        raise InputError(f"the national shares of channels are {said}, expected each above 0")
    return {channel: shares[channel] for channel in CHANNELS}


def calibrate_channels(
    phone_reach: float, half_life: float, book: ParameterBook | None = None
) -> ChannelModel:
    """The model whose choices, for the abilities of the nation, are the published ones.

    A person of the nation has a counter `national.time_to_counter` minutes away with
    `national.waiting` minutes of waiting. Constants are raised by ln(published / chosen) until
    the two agree (contraction of Berry 1994). A minute weighs so that the odds of a counter halve
    every `half_life` minutes.
    """
    book = book or read_book()
    target = find_national_shares(book)
    cannot = book.value("ability.E1_excluded.all18.18+")
    helped = book.value("ability.E2_excluded_or_low.all18.18+") - cannot
    people = {"autonomous": 1 - cannot - helped, "needs_help": helped, "cannot": cannot}
    constants: dict[str, float] = dict.fromkeys(CHANNELS, 0.0)
    model = ChannelModel(
        constants, float(np.log(2)) / half_life, book.value("channel.wait_weight"),
        book.value("channel.helper_share"), NATIONAL_REACH,
    )  # fmt: skip
    way = book.value("national.time_to_counter")
    cost = model.beta_time * (way + model.wait_weight * book.value("national.waiting"))
    for _ in range(_ROUNDS):
        chosen: dict[str, float] = dict.fromkeys(CHANNELS, 0.0)
        for ability, part, utilities in model.find_available():
            all_of_them = {**utilities, "counter": constants["counter"] - cost}
            weights = {c: np.exp(v) for c, v in all_of_them.items()}
            total = sum(weights.values())
            for channel, weight in weights.items():
                chosen[channel] += people[ability] * part * weight / total
        steps = {c: np.log(target[c] / chosen[c]) for c in CHANNELS}
        for channel in CHANNELS:
            constants[channel] += float(steps[channel] - steps["renounce"])
    return ChannelModel(
        constants, model.beta_time, model.wait_weight, model.helper_share, phone_reach
    )
