"""Distance between two places, by the haversine formula on a sphere."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, pi, radians, sin, sqrt

from .facts import Location

EARTH_RADIUS = 6_371_008.8  # metres: the mean radius of the WGS 84 ellipsoid


@dataclass(frozen=True)
class Circle:
    """All places at most so many metres from the centre."""

    latitude: float
    longitude: float
    metres: int | float

    @property
    def chord(self) -> float:
        """What the haversine of a distance is compared with, so that no arc sine is taken per fact."""
        return sin(min(self.metres / (2 * EARTH_RADIUS), pi / 2)) ** 2


def haversine(place: Location, circle: Circle) -> float:
    """The square of half the chord between place and centre, on a sphere of radius 1.

    Written step by step as rules/sql/operators.py has the database do it, so that both round alike.
    """
    north = sin((radians(place.latitude) - radians(circle.latitude)) / 2)
    east = sin((radians(place.longitude) - radians(circle.longitude)) / 2)
    return north * north + cos(radians(place.latitude)) * cos(radians(circle.latitude)) * (east * east)


def is_within(place: Location, circle: Circle) -> bool:
    return haversine(place, circle) <= circle.chord


def metres_between(place: Location, circle: Circle) -> float:
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(haversine(place, circle))))
