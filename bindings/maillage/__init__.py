"""maillage: when public counters close or open, who is farther from a human being?

    import maillage as ml
    territory = ml.read_territory("territory.toml")
    exposure = territory.exposure(service="post", limit=20)
    scenario = ml.Scenario("fewer desks").close("K1")
    territory.compare(scenario, service="post", limit=20).losers()

Roads alone: `read_roads`, `build_roads`; timetables: `read_transit`. Errors: `InputError` (a
ValueError), `IoError` (an OSError), `NotFoundError` (a KeyError).
"""

from maillage._core import __version__
from maillage.attached_points import AttachedPoints
from maillage.communes import recode_communes
from maillage.decay import Decay
from maillage.delta import Delta
from maillage.disaggregation import aggregate, disaggregate
from maillage.equity import equity
from maillage.errors import InputError, IoError, MaillageError, NotFoundError
from maillage.exposure import Exposure
from maillage.geo.holidays import HolidayCalendar
from maillage.group_fit import fit_groups
from maillage.guarantee import GuaranteeCheck
from maillage.load import Load, LoadChange
from maillage.parameter_book import parameters
from maillage.roads import RoadNetwork, build_roads, read_roads
from maillage.scenario import Scenario, read_scenario
from maillage.scenario_checks import check_scenario
from maillage.territory import Territory, read_territory
from maillage.transit import Transit, read_transit
from maillage.transit_best import best_trips
from maillage.transit_trips import to_clock
from maillage.transit_week import TransitWeek, read_transit_week
from maillage.uncertainty import Draws

__all__ = [
    "AttachedPoints",
    "Decay",
    "Delta",
    "Draws",
    "Exposure",
    "GuaranteeCheck",
    "HolidayCalendar",
    "InputError",
    "IoError",
    "Load",
    "LoadChange",
    "MaillageError",
    "NotFoundError",
    "RoadNetwork",
    "Scenario",
    "Territory",
    "Transit",
    "TransitWeek",
    "__version__",
    "aggregate",
    "best_trips",
    "build_roads",
    "check_scenario",
    "disaggregate",
    "equity",
    "fit_groups",
    "parameters",
    "read_roads",
    "read_scenario",
    "read_territory",
    "read_transit",
    "read_transit_week",
    "recode_communes",
    "to_clock",
]
