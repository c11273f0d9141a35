"""Invented territories with the structure of real ones, for demos, tests and benchmarks.

`write_synth` is what `maillage synth` runs; `build_country` gives the same in memory and
`write_country` writes it. The same numbers give the same country on every machine.

    arrays, draws, noise, plane     array types, random numbers, smooth fields, nearest points
    terrain      land, height, rivers, islands, the valley
    settlements  towns and villages by rank and size
    sampling     points of varying density
    junctions    crossings and the roads possible between them
    graphs       triangulation, nearest centres, spanning trees
    hierarchy    which roads are built, and as what
    motorways    carriageways and interchanges
    streets      drives, roundabouts, one-way streets, ferries
    roads        all of the above in order
    roadset, classes                roads as columns, their classes
    shapes       bends: the nodes between crossings
    ways, tags, osm, landmarks      roads as OpenStreetMap data, and what stands beside them
    communes, names                 outlines, codes, names
    population   cells, persons by age, cars
    counter_kinds, counters         networks of counters
    connectivity, coaches           fibre and 4G, coach lines
    country      the whole, in memory
    write, geotiff, territory_file, scenarios       the whole, as files
"""

from maillage.synth.country import SynthCountry, build_country
from maillage.synth.write import FILES, write_country, write_synth

__all__ = ["FILES", "SynthCountry", "build_country", "write_country", "write_synth"]
